// SPDX-License-Identifier: Apache-2.0
#include <QApplication>
#include <QIcon>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <opencv2/core/utility.hpp>
#include <string>
#include <utility>
#include <vector>

#include "app/live/application.h"
#include "app/live/arguments.h"
#include "app/live/base/parts.h"
#include "app/live/base/termination_signals.h"
#include "app/live/headless.h"
#include "app/store/patient_threads.h"
#include "app/video/reader.h"
#include "engine/core/error.h"
#include "ui/theme.h"

namespace {

using namespace overfeat;

// QApplication keeps references to both for as long as it lives.
struct QtArguments {
    QtArguments(const char* program, const app::Arguments& arguments) {
        texts.emplace_back(program);
        texts.insert(texts.end(), arguments.qt.begin(), arguments.qt.end());
        if (arguments.headless) texts.insert(texts.end(), {"-platform", "offscreen"});
        for (std::string& text : texts)
            pointers.push_back(text.data());
        pointers.push_back(nullptr);
        count = static_cast<int>(texts.size());
    }
    std::vector<std::string> texts;
    std::vector<char*> pointers;
    int count = 0;
};

// What Qt says while QApplication is made. Where it reaches no display, it says so several times
// and then ends the process with a core dump; one sentence and an exit code serve better. Only Qt
// knows which displays it can use: the sockets may be there and the permission or the plugin
// missing.
struct StartingQt {
    bool over = false;
    std::vector<std::string> remarks;
};
StartingQt& startingQt() {
    static StartingQt starting;
    return starting;
}

[[noreturn]] void endWithoutDisplay(const std::vector<std::string>& remarks) {
    std::string reason;
    if (!remarks.empty())
        reason = " (" + QString(remarks.front().c_str()).simplified().toStdString() + ")";
    const bool no_wayland =
        reason.find("find the Qt platform plugin \"wayland") != std::string::npos;
    std::cerr << "The window cannot be opened, because no display can be used" << reason << "; "
              << (no_wayland ? "install the package qt6-wayland, " : "start it from a desktop, ")
              << "or give --headless to do without a window." << std::endl;
    // Nothing is open yet, and Qt would abort after this.
    std::_Exit(exitCode(ErrorCode::kRuntime));
}

// Without a login session Qt remarks that it has no runtime folder; nothing here needs one.
void passOnQtMessages(QtMsgType type, const QMessageLogContext&, const QString& text) {
    if (text.startsWith("QStandardPaths: ")) return;
    StartingQt& starting = startingQt();
    if (starting.over) {
        std::cerr << text.toStdString() << "\n";
    } else if (type == QtFatalMsg) {
        endWithoutDisplay(starting.remarks);
    } else {
        starting.remarks.push_back(text.toStdString());
    }
}

void passOnRemarksOfTheStart() {
    startingQt().over = true;
    for (const std::string& remark : std::exchange(startingQt().remarks, {}))
        std::cerr << remark << "\n";
}

int runHeadless(const app::Arguments& arguments) {
    app::HeadlessRun run(app::realParts(), arguments, std::cout, std::cerr);
    const app::TerminationSignals termination([&run](int) { run.interrupt(); });
    QObject::connect(&run, &app::HeadlessRun::finished, qApp, &QCoreApplication::exit,
                     Qt::QueuedConnection);
    run.start();
    return QCoreApplication::exec();
}

int runWindow(const app::Arguments& arguments) {
    ui::applyTheme(*qApp, ui::ThemeMode::kSystem);
    app::Application application(app::realParts(), arguments);
    int interrupted = 0;
    const app::TerminationSignals termination([&interrupted](int signal) {
        if (signal == SIGINT) interrupted = exitCode(ErrorCode::kCancelled);
        QCoreApplication::quit();
    });
    QObject::connect(&application, &app::Application::finished, qApp, &QCoreApplication::quit,
                     Qt::QueuedConnection);
    application.start();
    QCoreApplication::exec();
    application.stop();
    if (application.exitCode() != 0) std::cerr << application.lastSentence().toStdString() << "\n";
    return interrupted != 0 ? interrupted : application.exitCode();
}

// For packaging/run, not for people: only says whether a window could be opened.
constexpr const char* kCheckDisplay = "--check-display";

int run(int argc, char** argv) {
    std::vector<std::string> given(argv + 1, argv + argc);
    const bool only_check = std::erase(given, kCheckDisplay) > 0;
    const app::ParsedArguments parsed = app::parseArguments(given);
    if (!parsed.arguments) {
        (parsed.exit_code == 0 ? std::cout : std::cerr) << parsed.text << "\n";
        return parsed.exit_code;
    }
    const app::Arguments& arguments = *parsed.arguments;
    qInstallMessageHandler(passOnQtMessages);
    QtArguments qt(argv[0], arguments);
    const QApplication application(qt.count, qt.pointers.data());
    passOnRemarksOfTheStart();
    if (only_check) return 0;
    QApplication::setApplicationName("overfeat-live");
    QApplication::setApplicationDisplayName("OverFeat Live");
    QApplication::setApplicationVersion(OVERFEAT_VERSION);
    QApplication::setDesktopFileName(qEnvironmentVariable("FLATPAK_ID", "overfeat-live"));
    QIcon icon;
    for (const int side : {48, 128, 256}) {
        icon.addFile(QString(":/icons/overfeat-live-%1.png").arg(side));
    }
    QApplication::setWindowIcon(icon);
    return arguments.headless ? runHeadless(arguments) : runWindow(arguments);
}

}  // namespace

int main(int argc, char** argv) {
    // No thread pool of OpenCV's beside the one that computes the network. Its setting is the
    // process's, and it must not be touched once another thread may be inside OpenCV.
    cv::setNumThreads(0);
    const store::PatientThreads patience;
    video::quietFfmpeg();
    try {
        return run(argc, argv);
    } catch (const Error& error) {
        std::cerr << error.what() << "\n";
        return exitCode(error.code());
    } catch (const std::exception& error) {
        std::cerr << "OverFeat Live stopped because of something unexpected: " << error.what()
                  << "\n";
        return exitCode(ErrorCode::kRuntime);
    }
}
