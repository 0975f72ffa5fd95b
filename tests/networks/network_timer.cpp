// SPDX-License-Identifier: Apache-2.0
//
// What compare_runtimes.py asks of the engine: overfeat-network-timer MODEL PICTURE THREADS BACKEND
// compiles the network for one window, which is PICTURE (float32 [3, H, W]), and prints one JSON
// object: its scores. Then for every line on standard input it runs once and prints the
// milliseconds of processor time that took.
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/backend/registry.h"
#include "engine/core/error.h"
#include "engine/net/model.h"
#include "engine/net/passes.h"

namespace {

using nlohmann::ordered_json;
namespace net = overfeat::net;

// Of all threads of this process.
double processorMs() {
    timespec spent{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return static_cast<double>(spent.tv_sec) * 1e3 + static_cast<double>(spent.tv_nsec) * 1e-6;
}

void answer(const std::string& path, const std::string& picture, int threads,
            const std::string& backend) {
    const auto model = net::loadModel(path);
    const net::Graph window = net::fuse(net::withOutputs(model->graph, {model->scores}));
    const auto plan = overfeat::backend::chooseBackend(backend, window)
                          .backend->compile(window, {1, 3, model->window_px, model->window_px},
                                            {.threads = threads});
    std::ifstream stream(picture, std::ios::binary);
    stream.read(reinterpret_cast<char*>(plan->input().data()),
                static_cast<std::streamsize>(plan->input().size_bytes()));
    if (!stream) throw overfeat::Error(overfeat::ErrorCode::kInput, "The picture is too short.");
    plan->run();
    const std::vector<float> scores(plan->output(0).begin(), plan->output(0).end());
    std::cout << ordered_json{{"scores", scores}}.dump() << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        const double before = processorMs();
        plan->run();
        std::cout << processorMs() - before << std::endl;
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::cerr << "usage: overfeat-network-timer MODEL PICTURE THREADS BACKEND\n";
        return 2;
    }
    try {
        answer(argv[1], argv[2], std::atoi(argv[3]), argv[4]);
        return 0;
    } catch (const std::exception& error) {
        std::cout << ordered_json{{"error", error.what()}}.dump() << std::endl;
        return 4;
    }
}
