// SPDX-License-Identifier: Apache-2.0
#include <QApplication>
#include <QIcon>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "app/capture/source.h"
#include "app/live/application.h"
#include "app/live/arguments.h"
#include "app/live/headless.h"
#include "app/live/parts.h"
#include "app/live/termination_signals.h"
#include "app/store/patient_threads.h"
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

// Without a login session Qt remarks that it has no runtime folder; nothing here needs one.
void passOnQtMessages(QtMsgType, const QMessageLogContext&, const QString& text) {
    if (!text.startsWith("QStandardPaths: ")) std::cerr << text.toStdString() << "\n";
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

int run(int argc, char** argv) {
    app::TerminationSignals::block();
    const app::ParsedArguments parsed =
        app::parseArguments(std::vector<std::string>(argv + 1, argv + argc));
    if (!parsed.arguments) {
        (parsed.exit_code == 0 ? std::cout : std::cerr) << parsed.text << "\n";
        return parsed.exit_code;
    }
    const app::Arguments& arguments = *parsed.arguments;
    qInstallMessageHandler(passOnQtMessages);
    QtArguments qt(argv[0], arguments);
    const QApplication application(qt.count, qt.pointers.data());
    QApplication::setApplicationName("overfeat-live");
    QApplication::setApplicationDisplayName("OverFeat Live");
    QApplication::setApplicationVersion(OVERFEAT_VERSION);
    QApplication::setDesktopFileName("overfeat-live");
    QIcon icon;
    for (const int side : {48, 128, 256}) {
        icon.addFile(QString(":/icons/overfeat-live-%1.png").arg(side));
    }
    QApplication::setWindowIcon(icon);
    return arguments.headless ? runHeadless(arguments) : runWindow(arguments);
}

}  // namespace

int main(int argc, char** argv) {
    store::waitPatiently(argv);
    capture::quietFfmpeg();
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
