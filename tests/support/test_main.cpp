// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/support/selection.h"

int main(int argc, char** argv) {
    overfeat::test::startGoogleTest(argc, argv);
    return RUN_ALL_TESTS();
}
