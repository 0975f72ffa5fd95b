// SPDX-License-Identifier: Apache-2.0
#include "app/teach/teacher.h"

#include <system_error>

#include "app/capture/file_bytes.h"
#include "app/teach/example_picture.h"
#include "engine/core/error.h"
#include "engine/learn/assemble.h"

namespace overfeat::teach {
namespace {

std::vector<learn::NewCapture> capturesOf(std::span<const Lesson> lessons) {
    std::vector<learn::NewCapture> captures;
    captures.reserve(lessons.size());
    for (const Lesson& lesson : lessons)
        captures.push_back(lesson.capture);
    return captures;
}

}  // namespace

Lesson prepareLesson(detect::Recogniser& recogniser, const Example& example,
                     const std::string& source, const std::stop_token& stop) {
    const Example kept = cutOut(example.image, example.box);
    Lesson lesson{.capture = captureOf(kept, source), .embedding = {}};
    lesson.embedding = recogniser.embed(kept, stop);
    return lesson;
}

std::string Teacher::teach(const std::string& name, std::span<const Lesson> lessons) {
    const auto captures = capturesOf(lessons);
    const auto before = library_.content();
    if (const learn::TaughtClass* known = before->findNamed(name)) {
        std::string id = known->id;
        keep(library_.addCaptures(id, captures), lessons);
        return id;
    }
    std::string id = library_.teach(name, captures);
    std::vector<std::string> ids;
    if (const learn::TaughtClass* made = library_.content()->find(id)) {
        for (const learn::Capture& capture : made->captures)
            ids.push_back(capture.id);
    }
    if (ids.size() == lessons.size()) {
        keep(ids, lessons);
    } else {  // the name was known in another spelling, or another program was at it
        embedWhatIsNew();
    }
    return id;
}

void Teacher::teachNot(const std::string& class_id, std::span<const Lesson> lessons) {
    keep(library_.addNegatives(class_id, capturesOf(lessons)), lessons);
}

void Teacher::keep(const std::vector<std::string>& capture_ids, std::span<const Lesson> lessons) {
    const std::string space = recogniser_.info().embedding_space;
    std::vector<learn::StoredEmbedding> embeddings;
    for (std::size_t i = 0; i < lessons.size(); ++i)
        embeddings.push_back(learn::toStored(capture_ids[i], lessons[i].embedding));
    library_.storeEmbeddings(space, embeddings);
}

std::size_t Teacher::embedWhatIsNew(const std::function<void(Progress)>& tell,
                                    const std::stop_token& stop) {
    const std::string space = recogniser_.info().embedding_space;
    if (space.empty()) return 0;
    const auto content = library_.content();
    const auto missing = library_.capturesWithoutEmbedding(space);
    std::size_t unreadable = 0;
    for (std::size_t i = 0; i < missing.size(); ++i) {
        const learn::Capture* capture = content->findCapture(missing[i]);
        if (capture == nullptr) continue;
        try {
            const Example example = exampleOf(*capture, library_.picture(capture->id));
            const auto made = learn::toStored(capture->id, recogniser_.embed(example, stop));
            if (!library_.readOnlyBecause().empty()) {
                here_.push_back(made);
            } else {
                library_.storeEmbeddings(space, {&made, 1});
            }
        } catch (const Error& error) {
            if (error.code() != ErrorCode::kInput) throw;
            ++unreadable;
        }
        if (tell) tell({.done = i + 1, .all = missing.size()});
    }
    return unreadable;
}

std::shared_ptr<const TaughtClasses> Teacher::taught() {
    const detect::RecogniserInfo info = recogniser_.info();
    if (info.embedding_space.empty()) return nullptr;
    auto embeddings = library_.embeddings(info.embedding_space);
    embeddings.insert(embeddings.end(), here_.begin(), here_.end());
    return learn::assemble(*library_.content(), embeddings, info.embedding_space,
                           info.embedding_size);
}

LoadedLibrary loadLibrary(const std::filesystem::path& file, detect::Recogniser& recogniser,
                          const std::function<void(Progress)>& tell, const std::stop_token& stop) {
    requireTeachable(recogniser);
    std::error_code unknown;
    // One that is not there is refused with the library's own sentence instead of being made.
    const bool is_there = std::filesystem::exists(file, unknown);
    const auto opened = learn::ClassLibrary::open(file, {.read_only = !is_there});
    LoadedLibrary loaded;
    const std::string& read_only = opened.library->readOnlyBecause();
    if (!opened.notice.empty() && opened.notice != read_only)
        loaded.remarks.push_back(opened.notice);
    Teacher teacher(*opened.library, recogniser);
    const std::size_t unreadable = teacher.embedWhatIsNew(tell, stop);
    if (unreadable > 0) {
        loaded.remarks.push_back(
            std::to_string(unreadable) + " captures of the class library " + capture::shown(file) +
            " cannot be read any more and are passed over; delete them or teach them again.");
    }
    loaded.taught = teacher.taught();
    if (loaded.taught->classes.empty()) {
        loaded.remarks.push_back("The class library " + capture::shown(file) +
                                 " has no class that is enabled and has an example, so nothing "
                                 "taught is looked for.");
    }
    return loaded;
}

void requireTeachable(const detect::Recogniser& recogniser) {
    const detect::RecogniserInfo info = recogniser.info();
    if (!info.embedding_space.empty()) return;
    const std::string name = info.models.front()->name;
    throw Error(ErrorCode::kModel,
                "Nothing can be taught to the model '" + name +
                    "': it has no maps of features to compare; choose another model.",
                name);
}

}  // namespace overfeat::teach
