// SPDX-License-Identifier: Apache-2.0
//
// Tests of the real window: on the display if there is one (Xvfb in CI), else drawn into memory.
#include <gtest/gtest.h>

#include <QApplication>

#include "tests/support/selection.h"

int main(int argc, char** argv) {
    overfeat::test::startGoogleTest(argc, argv);
    if (qEnvironmentVariableIsEmpty("DISPLAY") && qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    const QApplication application(argc, argv);
    QApplication::setQuitOnLastWindowClosed(false);
    return RUN_ALL_TESTS();
}
