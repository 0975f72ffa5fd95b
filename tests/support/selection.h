// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace overfeat::test {

// Starts GoogleTest with the arguments of a test program. All tests of a room are one program;
// `--files=tests/ui/probe_test.cpp,...` runs those written in these files, so that ctest can have
// an entry of its own for each. Combines with --gtest_filter. A file without tests ends the program
// with an error: it would pass without having checked anything.
void startGoogleTest(int& argc, char** argv);

}  // namespace overfeat::test
