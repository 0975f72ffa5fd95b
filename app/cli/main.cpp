// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <iostream>
#include <opencv2/core/utility.hpp>
#include <string>
#include <vector>

#include "app/cli/program.h"
#include "app/cli/signals.h"
#include "app/store/embedded_model.h"
#include "app/store/patient_threads.h"
#include "app/store/places.h"
#include "app/video/reader.h"

int main(int argc, char** argv) {
    // No thread pool of OpenCV's beside the one that computes the network. Its setting is the
    // process's, and it must not be touched once another thread may be inside OpenCV.
    cv::setNumThreads(0);
    const overfeat::store::PatientThreads patience;
    overfeat::video::quietFfmpeg();
    const overfeat::cli::StopOnSignal signals;
    overfeat::cli::Console console{std::cout, std::cerr, signals.token()};
    const overfeat::store::Places places = overfeat::store::findPlaces();
    const overfeat::store::ModelStore models(overfeat::store::modelFolders(places),
                                             overfeat::store::embeddedModel(),
                                             overfeat::store::publishedModels(places));
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    return overfeat::cli::run(
        arguments, models, console,
        overfeat::store::libraryFile(places).value_or(std::filesystem::path()));
}
