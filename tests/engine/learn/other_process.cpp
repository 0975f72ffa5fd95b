// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/learn/other_process.h"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <exception>
#include <stdexcept>

namespace overfeat::test {

std::string inOtherProcess(bool powerless, const std::function<std::string()>& work) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe failed");
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child == 0) {
        ::close(ends[0]);
        std::string answer;
        constexpr unsigned kNobody = 65534;
        if (powerless && ::geteuid() == 0 &&
            (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) {
            answer = "cannot become nobody";
        } else {
            try {
                answer = work();
            } catch (const std::exception& error) {
                answer = error.what();
            }
        }
        for (std::size_t sent = 0; sent < answer.size();) {
            const auto wrote = ::write(ends[1], answer.data() + sent, answer.size() - sent);
            if (wrote <= 0) break;
            sent += static_cast<std::size_t>(wrote);
        }
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string answer;
    std::array<char, 4096> block{};
    for (ssize_t got = 0; (got = ::read(ends[0], block.data(), block.size())) > 0;) {
        answer.append(block.data(), static_cast<std::size_t>(got));
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return "ended by signal " + std::to_string(WTERMSIG(status));
    return answer;
}

}  // namespace overfeat::test
