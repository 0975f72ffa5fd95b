// SPDX-License-Identifier: Apache-2.0
//
// overfeat teach: pictures become examples of a class.
#include <CLI/Option.hpp>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "app/capture/file_bytes.h"
#include "app/capture/file_kind.h"
#include "app/capture/picture_file.h"
#include "app/cli/commands.h"
#include "app/cli/inputs.h"
#include "app/cli/library_options.h"
#include "app/cli/options.h"
#include "app/cli/progress.h"
#include "app/cli/taught_output.h"
#include "app/teach/teacher.h"
#include "engine/core/error.h"

namespace overfeat::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
    CommonOptions common;
    LibraryOption library;
    std::string name;
    std::vector<std::string> pictures;
    bool negative = false;
};

struct Wanted {
    fs::path file;
    std::optional<RectPx> box;  // nothing: the whole picture
};

// "x,y,w,h", or nothing.
std::optional<RectPx> boxOf(std::string_view text) {
    std::array<double, 4> numbers{};
    const char* at = text.data();
    const char* const end = at + text.size();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (i > 0 && (at == end || *at++ != ',')) return std::nullopt;
        const auto parsed = std::from_chars(at, end, numbers[i], std::chars_format::fixed);
        if (parsed.ec != std::errc{} || !std::isfinite(numbers[i])) return std::nullopt;
        at = parsed.ptr;
    }
    if (at != end) return std::nullopt;
    return RectPx{numbers[0], numbers[1], numbers[2], numbers[3]};
}

bool isThere(const fs::path& file) {
    std::error_code unknown;
    return fs::exists(file, unknown);
}

void addFolder(const fs::path& folder, Console& console, std::vector<Wanted>& wanted) {
    const FolderFiles files = filesIn(folder, console);
    std::size_t taken = 0;
    for (const std::string& name : files.names) {
        const fs::path file = folder / name;
        if (capture::fileKind(file) != capture::FileKind::kPicture) continue;
        wanted.push_back({file, std::nullopt});
        ++taken;
    }
    if (taken == 0) {
        throw Error(ErrorCode::kInput,
                    "The folder " + capture::shown(folder) +
                        " holds no pictures; choose one that does (subfolders are not searched).",
                    folder.string());
    }
    const std::size_t others = files.names.size() - taken + files.left_out.size();
    if (others > 0) {
        note(console, std::to_string(others) + " files of the folder " + capture::shown(folder) +
                          " are no pictures and are left out.");
    }
}

std::vector<Wanted> wantedPictures(const Options& options, Console& console) {
    std::vector<Wanted> wanted;
    for (const std::string& text : options.pictures) {
        std::error_code unknown;
        if (fs::is_directory(text, unknown)) {
            addFolder(text, console, wanted);
            continue;
        }
        const auto colon = text.rfind(':');
        const auto box = colon == std::string::npos || isThere(text)
                             ? std::nullopt
                             : boxOf(std::string_view(text).substr(colon + 1));
        if (!box) {
            wanted.push_back({text, std::nullopt});
            continue;
        }
        const fs::path file = text.substr(0, colon);
        if (fs::is_directory(file, unknown)) {
            throw Error(ErrorCode::kUsage,
                        "A box is in one picture, and " + capture::shown(file) +
                            " is a folder; name its pictures one by one.",
                        text);
        }
        if (!(box->width > 0 && box->height > 0)) {
            throw Error(ErrorCode::kUsage,
                        "The box of " + capture::shown(file) +
                            " is empty; it is x,y,width,height in pixels.",
                        text);
        }
        wanted.push_back({file, box});
    }
    return wanted;
}

Example exampleOf(const Wanted& wanted) {
    if (capture::fileKind(wanted.file) != capture::FileKind::kPicture) {
        throw Error(ErrorCode::kInput,
                    capture::shown(wanted.file) +
                        " is a video, and examples are pictures; save one of its frames.",
                    wanted.file.string());
    }
    Example example{.image = capture::readPicture(wanted.file), .box = {}};
    const SizePx size = example.image.size();
    const RectPx all{0, 0, static_cast<double>(size.width), static_cast<double>(size.height)};
    example.box = wanted.box.value_or(all);
    const RectPx seen = intersection(example.box, all);
    if (seen.width < 1 || seen.height < 1) {
        throw Error(ErrorCode::kInput,
                    "The box of " + capture::shown(wanted.file) +
                        " lies outside the picture, which is " + std::to_string(size.width) + "x" +
                        std::to_string(size.height) +
                        " px; it is x,y,width,height from the top "
                        "left corner.",
                    wanted.file.string());
    }
    return example;
}

// Everything is looked at before anything is written: a mistake in the last picture leaves the
// library as it was.
int teachPictures(const Options& options, Context& context) {
    Console& console = context.console;
    const fs::path file = options.library.path(context);
    const std::vector<Wanted> wanted = wantedPictures(options, console);
    std::optional<learn::OpenedLibrary> opened;
    if (isThere(file) || options.negative) {
        opened = openToChange(file, console);
        if (options.negative) taughtNamed(*opened->library->content(), options.name);
    }
    chooseDevice(options.common.device);
    detect::Recogniser recogniser =
        makeRecogniser(loadModels(options.common, context.models, console), options.common);
    teach::requireTeachable(recogniser);

    std::vector<teach::Lesson> lessons;
    Progress progress(console);
    for (const Wanted& picture : wanted) {
        checkStop(console);
        lessons.push_back(teach::prepareLesson(recogniser, exampleOf(picture),
                                               picture.file.filename().string(), console.stop));
        if (wanted.size() > 1) progress(lessons.size(), wanted.size());
    }
    if (!opened) opened = openToMake(file, console);
    learn::ClassLibrary& library = *opened->library;
    teach::Teacher teacher(library, recogniser);
    std::string id;
    if (options.negative) {
        id = taughtNamed(*library.content(), options.name).id;
        teacher.teachNot(id, lessons);
    } else {
        id = teacher.teach(options.name, lessons);
    }
    const auto content = library.content();
    const learn::TaughtClass* made = content->find(id);
    noteReplacedServer(console, recogniser.info().device);
    Results results(console, options.common.json);
    if (made == nullptr) return 0;  // another program has removed it meanwhile
    if (results.json()) {
        auto json = taughtJson(*made);
        json["added"] = lessons.size();
        json["added_negative"] = options.negative;
        json["library"] = file.string();
        results.object(json);
        return 0;
    }
    results.line(printable(made->name) + ": " + counted(lessons.size(), "capture") +
                 (options.negative ? " of what it is not added, " : " added, ") +
                 captureCounts(*made) + "; " + printable(file.string()));
    return 0;
}

}  // namespace

Command addTeach(CLI::App& command) {
    auto options = std::make_shared<Options>();
    command.add_option("name", options->name, "The class; made if there is none of that name")
        ->type_name("NAME")
        ->required();
    command
        .add_option("pictures", options->pictures,
                    "Pictures of it, each with the object's box in pixels or filled by it; of a "
                    "folder all pictures")
        ->type_name("IMAGE[:x,y,w,h]|FOLDER")
        ->required();
    command.add_flag("--negative", options->negative,
                     "The pictures show what is like the class and is none: \"not this\"");
    options->library.addTo(command);
    options->common.addTo(command);
    return [options](Context& context) { return teachPictures(*options, context); };
}

}  // namespace overfeat::cli
