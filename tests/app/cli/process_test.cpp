// SPDX-License-Identifier: Apache-2.0
//
// The real program in a process of its own: exit codes, signals, pipes, environment.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <thread>

#include "tests/app/cli/cli_fixture.h"

namespace overfeat::test {
namespace {

constexpr int kLimitMs = 60'000;

// A running `overfeat` whose standard output can be read line by line. Killed by the destructor if
// it is still there.
class Process {
public:
    Process(std::vector<std::string> arguments, std::vector<std::string> environment) {
        arguments.insert(arguments.begin(), OVERFEAT_PROGRAM);
        int ends[2] = {-1, -1};
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
        out_ = ends[0];
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        auto argv = pointers(arguments);
        auto envp = pointers(environment);
        const int failed =
            posix_spawn(&pid_, OVERFEAT_PROGRAM, &actions, nullptr, argv.data(), envp.data());
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        if (failed != 0) throw std::runtime_error("posix_spawn failed");
    }
    ~Process() {
        closeOutput();
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    // What the next read gives: one byte or more; nothing at the end or after the time limit.
    std::string read() {
        pollfd waiting{out_, POLLIN, 0};
        if (::poll(&waiting, 1, kLimitMs) <= 0) return {};
        std::array<char, 4096> bytes{};
        const ssize_t count = ::read(out_, bytes.data(), bytes.size());
        return count > 0 ? std::string(bytes.data(), static_cast<std::size_t>(count)) : "";
    }
    std::string readAll() {
        std::string all;
        for (std::string part = read(); !part.empty(); part = read())
            all += part;
        return all;
    }
    void closeOutput() {
        if (out_ >= 0) ::close(out_);
        out_ = -1;
    }
    void signal(int number) const { ::kill(pid_, number); }

    // The exit code; 1000 + the signal that ended it; nothing if it does not end in time.
    std::optional<int> wait() {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(kLimitMs);
        while (std::chrono::steady_clock::now() < limit) {
            int status = 0;
            if (::waitpid(pid_, &status, WNOHANG) == pid_) {
                pid_ = -1;
                return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return std::nullopt;
    }

private:
    static std::vector<char*> pointers(std::vector<std::string>& texts) {
        std::vector<char*> all;
        for (std::string& text : texts)
            all.push_back(text.data());
        all.push_back(nullptr);
        return all;
    }

    pid_t pid_ = -1;
    int out_ = -1;
};

class ProcessTest : public CliTest {
protected:
    std::vector<std::string> classify(const std::string& input) {
        return {"classify", "--json", "--model", path("models/default.onnx"), input};
    }
    // Enough pictures that their results do not fit into a pipe nobody reads.
    std::string manyPictures() {
        const std::string one = red("one.png");
        std::filesystem::create_directories(path("many"));
        for (int i = 0; i < 1000; ++i) {
            std::filesystem::create_symlink(one, path("many/" + std::to_string(i) + ".png"));
        }
        return path("many");
    }
};

TEST_F(ProcessTest, AnswersWithoutAHome) {
    const std::vector<std::string> homes{"", "HOME=/proc", "HOME=" + path("models/default.onnx")};
    for (const std::string& home : homes) {
        Process process(classify(red()),
                        home.empty() ? std::vector<std::string>{} : std::vector{home});
        const std::string out = process.readAll();
        EXPECT_EQ(process.wait(), 0) << home;
        EXPECT_NE(out.find("\"red\""), std::string::npos) << home;
    }
}

TEST_F(ProcessTest, ExitCodesReachTheShell) {
    const std::vector<std::pair<std::vector<std::string>, int>> cases{
        {{"--version"}, 0},
        {{"--nonsense"}, 2},
        {classify(path("missing.png")), 3},
        {{"classify", red(), "--model", path("missing.onnx")}, 4}};
    for (const auto& [arguments, code] : cases) {
        Process process(arguments, {});
        process.readAll();
        EXPECT_EQ(process.wait(), code);
    }
}

TEST_F(ProcessTest, InterruptedItKeepsWhatItHasAnswered) {
    Process process(classify(manyPictures()), {});
    std::string out = process.read();  // it is at work now, and will wait for us to read on
    ASSERT_FALSE(out.empty());
    process.signal(SIGINT);
    out += process.readAll();
    EXPECT_EQ(process.wait(), 130);
    std::istringstream lines(out);
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        EXPECT_EQ(nlohmann::json::parse(line)["classes"][0]["label"], "red");
    }
    EXPECT_GT(count, 0);
    EXPECT_LT(count, 1000);
}

TEST_F(ProcessTest, AReaderThatHasSeenEnoughIsNoError) {
    Process process(classify(manyPictures()), {});
    ASSERT_FALSE(process.read().empty());
    process.closeOutput();
    EXPECT_EQ(process.wait(), 0);
}

// Threads that spin while they wait make a frame twelve times slower on a busy machine. libgomp
// reads its policy when it is loaded, and says on request what it has read.
TEST_F(ProcessTest, ThreadsWaitAsleepUnlessTheUserChoseOtherwise) {
    const std::string program = std::string("'") + OVERFEAT_PROGRAM + "' --version 2>&1 >/dev/null";
    const auto policy = [&](const std::string& environment) {
        FILE* pipe =
            ::popen(("env " + environment + "OMP_DISPLAY_ENV=true " + program).c_str(), "r");
        std::string said;
        for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe))
            said.push_back(static_cast<char>(c));
        EXPECT_EQ(::pclose(pipe), 0);
        const auto name = said.find("OMP_WAIT_POLICY = '");
        return name == std::string::npos ? said : said.substr(name + 19, 3);
    };
    EXPECT_EQ(policy("-u OMP_WAIT_POLICY -u GOMP_SPINCOUNT "), "PAS");
    EXPECT_EQ(policy("OMP_WAIT_POLICY=active "), "ACT");
}

TEST_F(ProcessTest, AFullDiskIsARuntimeError) {
    Process process({"--version"}, {});
    process.readAll();
    EXPECT_EQ(process.wait(), 0);
    const std::string command = std::string("'") + OVERFEAT_PROGRAM + "' models info '" +
                                path("models/default.onnx") + "' > /dev/full 2> /dev/null";
    const int status = std::system(command.c_str());
    EXPECT_EQ(WEXITSTATUS(status), 1);
}

}  // namespace
}  // namespace overfeat::test
