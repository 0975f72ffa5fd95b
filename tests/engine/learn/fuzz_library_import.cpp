// SPDX-License-Identifier: Apache-2.0
//
//   fuzz_library_import SECONDS [SEED]
//
// Imports hostile files for SECONDS of processor time, one after the other from SEED on. Built with
// the asan preset it also finds what only the sanitizers see; the seed printed last is the one to
// look at: fuzz_library_import 0 SEED does it alone.
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <iostream>

#include "tests/engine/learn/import_trial.h"
#include "tests/support/temporary_folder.h"

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cerr << "usage: fuzz_library_import SECONDS [SEED]\n";
        return 2;
    }
    const double seconds = std::atof(argv[1]);
    const std::uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    try {
        const overfeat::test::TemporaryFolder folder;
        overfeat::test::ImportTrial trial(folder.path());
        std::uint64_t seed = first;
        do {
            // Before, so that it is known after a crash.
            if ((seed - first) % 1000 == 0) std::cout << "seed " << seed << std::endl;
            const std::string wrong = trial.once(seed);
            if (!wrong.empty()) {
                std::cout << "seed " << seed << ": " << wrong << "\n";
                return 1;
            }
            ++seed;
        } while (static_cast<double>(std::clock()) / CLOCKS_PER_SEC < seconds);
        std::cout << seed - first << " files: " << trial.refused << " refused, " << trial.taken
                  << " taken and undone\n";
    } catch (const std::exception& error) {
        std::cout << error.what() << "\n";
        return 1;
    }
    return 0;
}
