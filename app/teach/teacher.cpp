// SPDX-License-Identifier: Apache-2.0
#include "app/teach/teacher.h"

#include "app/teach/example_picture.h"
#include "engine/core/error.h"
#include "engine/learn/assemble.h"

namespace overfeat::teach {

void Teacher::teach(const std::string& name, const std::vector<Example>& examples,
                    const std::vector<std::string>& sources) {
    std::vector<learn::NewCapture> captures;
    for (std::size_t i = 0; i < examples.size(); ++i) {
        const Example kept = cutOut(examples[i].image, examples[i].box);
        recogniser_.embed(kept);  // refused before anything is written
        captures.push_back(captureOf(kept, i < sources.size() ? sources[i] : std::string()));
    }
    library_.teach(name, captures);
    embedWhatIsNew();
}

std::size_t Teacher::embedWhatIsNew(const std::function<void(Progress)>& tell,
                                    const std::stop_token& stop) {
    const std::string space = recogniser_.info().embedding_space;
    if (space.empty()) return 0;
    const auto content = library_.content();
    const auto missing = library_.capturesWithoutEmbedding(space);
    std::size_t unreadable = 0;
    for (std::size_t i = 0; i < missing.size(); ++i) {
        if (tell) tell({.done = i, .all = missing.size()});
        const learn::Capture* capture = content->findCapture(missing[i]);
        if (capture == nullptr) continue;
        try {
            const Example example = exampleOf(*capture, library_.picture(capture->id));
            const learn::StoredEmbedding made{
                .capture_id = capture->id,
                .prototypes = learn::toMatrix(recogniser_.embed(example, stop)),
                .negatives = {}};
            if (!library_.readOnlyBecause().empty()) {
                here_.push_back(made);
            } else {
                library_.storeEmbeddings(space, {&made, 1});
            }
        } catch (const Error& error) {
            if (error.code() != ErrorCode::kInput) throw;
            ++unreadable;
        }
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

}  // namespace overfeat::teach
