// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <QApplication>
#include <QLocale>

#include "tests/support/selection.h"
#include "ui/theme.h"

// One application for all tests of a program; which platform it runs on is set in CMakeLists.txt.
int main(int argc, char** argv) {
    overfeat::test::startGoogleTest(argc, argv);
    QLocale::setDefault(QLocale::c());
    QApplication application(argc, argv);
    overfeat::ui::applyTheme(application, overfeat::ui::ThemeMode::kDark);
    return RUN_ALL_TESTS();
}
