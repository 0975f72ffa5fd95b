// SPDX-License-Identifier: Apache-2.0
//
//   test_engine_learn_library_kill_loop [KILLS [SEED]]
//
// A program acts on a library, says each time what it is about to reach and when it has, and is
// ended at any instant. The library must then be as it was last said to be, or as it was about to
// be; nothing else, and in one piece.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <random>
#include <string>

#include "engine/learn/class_library.h"
#include "tests/engine/learn/library_model.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::test {
namespace {

namespace fs = std::filesystem;
using learn::ClassLibrary;

void say(int pipe, const std::string& line) {
    const std::string text = line + "\n";
    for (std::size_t sent = 0; sent < text.size();) {
        const auto wrote = ::write(pipe, text.data() + sent, text.size() - sent);
        if (wrote <= 0) ::_exit(0);
        sent += static_cast<std::size_t>(wrote);
    }
}

// What is no action, but writes all the same.
void actAside(ClassLibrary& library, std::uint64_t which) {
    if (which % 3 == 0) {
        std::vector<learn::StoredEmbedding> made;
        for (const std::string& id : library.capturesWithoutEmbedding("space")) {
            made.push_back({.capture_id = id,
                            .prototypes = {.rows = 2,
                                           .columns = 1280,
                                           .values = std::vector<float>(2560, 0.5F)},
                            .negatives = {}});
        }
        library.storeEmbeddings("space", made);
    } else if (which % 3 == 1) {
        library.backUp();
    } else {
        const fs::path file = library.file().string() + ".export";
        library.exportTo(file);
        library.importFrom(file, learn::KnownClass::kMerge);
    }
}

[[noreturn]] void act(const fs::path& file, std::uint64_t seed, int pipe) {
    std::mt19937_64 random(seed);
    try {
        while (true) {
            const auto library = ClassLibrary::open(file).library;
            RandomActions actions(*library, random());
            for (std::uint64_t i = 0, many = 5 + random() % 40; i < many; ++i) {
                const auto step = actions.plan();
                say(pipe, "about " + step.after.text());
                step.perform();
                actions.accept(step);
                say(pipe, "done");
            }
            // Its import is an action too, one that leads to the same content.
            actAside(*library, random());
        }
    } catch (const std::exception& error) {
        say(pipe, std::string("failed ") + error.what());
    }
    ::_exit(0);
}

class KillLoop {
public:
    explicit KillLoop(std::uint64_t seed) : random_(seed) {}

    // Empty, or what is wrong.
    std::string once(int number);
    void report() const {
        std::cout << confirmed_ << " confirmed actions, all there; " << further_
                  << " times the action that was under way was there too, " << before_
                  << " times not\n";
    }

private:
    void take(const std::string& line);
    void readUntil(int pipe, int done, bool to_the_end);

    std::mt19937_64 random_;
    TemporaryFolder folder_;
    fs::path file_;
    std::string now_ = Model().text();
    std::string about_;
    std::string problem_;
    std::string rest_;
    int done_ = 0;
    int confirmed_ = 0;
    int further_ = 0;
    int before_ = 0;
};

void KillLoop::take(const std::string& line) {
    if (line.starts_with("about ")) {
        about_ = line.substr(6);
    } else if (line == "done") {
        now_ = about_;
        about_.clear();
        ++done_;
        ++confirmed_;
    } else {
        problem_ = line;
    }
}

void KillLoop::readUntil(int pipe, int done, bool to_the_end) {
    std::array<char, 65536> block{};
    while (to_the_end || done_ < done) {
        const auto got = ::read(pipe, block.data(), block.size());
        if (got <= 0) return;
        rest_.append(block.data(), static_cast<std::size_t>(got));
        for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
            take(rest_.substr(0, end));
            rest_.erase(0, end + 1);
        }
    }
}

std::string KillLoop::once(int number) {
    if (number % 25 == 0) {
        // Also while it is begun.
        file_ = folder_.path() / (std::to_string(number) + ".db");
        now_ = Model().text();
    }
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return "pipe failed";
    const std::uint64_t seed = random_();
    const pid_t child = ::fork();
    if (child < 0) return "fork failed";
    if (child == 0) {
        ::close(ends[0]);
        act(file_, seed, ends[1]);
    }
    ::close(ends[1]);
    done_ = 0;
    about_.clear();
    rest_.clear();
    // A random instant of a random action, or of the opening.
    const int wanted = number % 25 == 0 ? 0 : static_cast<int>(random_() % 12);
    readUntil(ends[0], wanted, false);
    constexpr std::array kLongestUs{500U, 5'000U, 30'000U, 150'000U};
    ::usleep(static_cast<useconds_t>(random_() % kLongestUs[random_() % kLongestUs.size()]));
    ::kill(child, SIGKILL);
    readUntil(ends[0], 0, true);
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    if (!problem_.empty()) return problem_;

    const auto opened = ClassLibrary::open(file_);  // checks its structure too
    if (!opened.set_aside.empty() || !opened.library->readOnlyBecause().empty()) {
        return opened.notice;
    }
    const std::string found = modelOf(*opened.library).text();
    if (found == about_ && found != now_) {
        ++further_;
        now_ = found;
    } else if (found == now_) {
        before_ += about_.empty() ? 0 : 1;
    } else {
        return "found    " + found + "\nexpected " + now_ + "\nor       " + about_;
    }
    if (fs::exists(file_.string() + ".backup")) {
        modelOf(*ClassLibrary::open(file_.string() + ".backup", {.read_only = true}).library);
    }
    return {};
}

}  // namespace
}  // namespace overfeat::test

int main(int argc, char** argv) {
    const int kills = argc > 1 ? std::atoi(argv[1]) : 25;
    const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    try {
        overfeat::test::KillLoop loop(seed);
        for (int i = 0; i < kills; ++i) {
            const std::string problem = loop.once(i);
            if (!problem.empty()) {
                std::cout << "kill " << i + 1 << " of seed " << seed << ":\n" << problem << "\n";
                return 1;
            }
        }
        std::cout << kills << " kills: ";
        loop.report();
    } catch (const std::exception& error) {
        std::cout << error.what() << "\n";
        return 1;
    }
    return 0;
}
