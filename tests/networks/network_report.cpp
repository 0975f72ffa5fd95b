// SPDX-License-Identifier: Apache-2.0
//
// What compare_networks.py asks of the engine: overfeat-network-report MODEL ROWS COLUMNS BACKEND
// reads a picture of window + ROWS x COLUMNS strides pixels as float32 [3, H, W] from standard
// input and prints one JSON object: the scores of its first window, and how well the cells of the
// dense map agree with the network run on their windows. With ROWS = 0 it says the picture's size.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "engine/backend/registry.h"
#include "engine/core/error.h"
#include "engine/net/model.h"
#include "engine/net/passes.h"

namespace overfeat {
namespace {

using nlohmann::ordered_json;

std::vector<float> computed(backend::Plan& plan, std::span<const float> input) {
    std::ranges::copy(input, plan.input().begin());
    plan.run();
    const auto scores = plan.output(0);
    return {scores.begin(), scores.end()};
}

// The window of a [3, height, width] picture that begins at (top, left).
std::vector<float> windowAt(const std::vector<float>& picture, std::int64_t height,
                            std::int64_t width, std::int64_t side, std::int64_t top,
                            std::int64_t left) {
    std::vector<float> window;
    for (std::int64_t c = 0; c < 3; ++c) {
        for (std::int64_t y = 0; y < side; ++y) {
            const auto row = picture.begin() + (c * height + top + y) * width + left;
            window.insert(window.end(), row, row + side);
        }
    }
    return window;
}

// Of two lists of scores, cell by cell, [cells][classes].
ordered_json agreement(const std::vector<std::vector<float>>& dense,
                       const std::vector<std::vector<float>>& windows) {
    const std::size_t classes = windows.front().size();
    int same = 0;
    for (std::size_t cell = 0; cell < windows.size(); ++cell) {
        const auto best = [](const std::vector<float>& scores) {
            return std::ranges::max_element(scores) - scores.begin();
        };
        same += best(dense[cell]) == best(windows[cell]) ? 1 : 0;
    }
    // What is the same in all cells says nothing about the map.
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (std::size_t k = 0; k < classes; ++k) {
        double a_mean = 0;
        double b_mean = 0;
        for (std::size_t cell = 0; cell < windows.size(); ++cell) {
            a_mean += dense[cell][k] / static_cast<double>(windows.size());
            b_mean += windows[cell][k] / static_cast<double>(windows.size());
        }
        for (std::size_t cell = 0; cell < windows.size(); ++cell) {
            const double a = dense[cell][k] - a_mean;
            const double b = windows[cell][k] - b_mean;
            ab += a * b;
            aa += a * a;
            bb += b * b;
        }
    }
    return {{"cells", windows.size()},
            {"top1", static_cast<double>(same) / static_cast<double>(windows.size())},
            {"correlation", ab / std::sqrt(aa * bb)}};
}

ordered_json report(const std::string& path, std::int64_t rows, std::int64_t columns,
                    const backend::Backend& backend) {
    const auto model = net::loadModel(path);
    const net::Graph window = net::withOutputs(model->graph, {model->scores});
    const net::DenseGraph dense = net::makeDense(window, model->window_px);
    const bool slides = dense.report.fidelity != net::DenseFidelity::kClassificationOnly;
    const std::int64_t side = model->window_px;
    const std::int64_t height = side + (slides ? (rows - 1) * dense.stride_px.height : 0);
    const std::int64_t width = side + (slides ? (columns - 1) * dense.stride_px.width : 0);
    ordered_json json{{"window", side},
                      {"stride", slides ? dense.stride_px.height : 0},
                      {"fine_steps", net::maxFineSteps(dense)},
                      {"fidelity", static_cast<int>(dense.report.fidelity)},
                      {"reasons", dense.report.reasons},
                      {"assumptions", model->assumptions},
                      {"nodes", net::fuse(window).nodes.size()},
                      {"height", height},
                      {"width", width}};
    if (rows == 0) return json;
    std::vector<float> picture(static_cast<std::size_t>(3 * height * width));
    std::cin.read(reinterpret_cast<char*>(picture.data()),
                  static_cast<std::streamsize>(picture.size() * sizeof(float)));
    if (!std::cin) throw Error(ErrorCode::kInput, "The picture is too short.");

    const auto plan = backend.compile(net::fuse(window), {1, 3, side, side}, {.threads = 1});
    json["logits"] = computed(*plan, windowAt(picture, height, width, side, 0, 0));
    if (!slides || rows * columns < 2) return json;
    const auto sliding = backend.compile(dense.graph, {1, 3, height, width}, {.threads = 1});
    const std::vector<float> map = computed(*sliding, picture);
    const std::size_t cells = static_cast<std::size_t>(rows * columns);
    std::vector<std::vector<float>> from_map(cells);
    std::vector<std::vector<float>> from_windows(cells);
    for (std::size_t cell = 0; cell < cells; ++cell) {
        for (std::size_t k = cell; k < map.size(); k += cells)
            from_map[cell].push_back(map[k]);
        const auto at = static_cast<std::int64_t>(cell);
        from_windows[cell] = computed(
            *plan, windowAt(picture, height, width, side, at / columns * dense.stride_px.height,
                            at % columns * dense.stride_px.width));
    }
    json["map_shape"] = sliding->outputShape(0).toString();
    json["dense"] = agreement(from_map, from_windows);
    return json;
}

}  // namespace
}  // namespace overfeat

int main(int argc, char** argv) {
    try {
        if (argc != 5) {
            std::cerr << "usage: overfeat-network-report MODEL ROWS COLUMNS BACKEND\n";
            return 2;
        }
        for (const overfeat::backend::Backend* backend : overfeat::backend::backends()) {
            if (backend->name() != argv[4]) continue;
            std::cout << overfeat::report(argv[1], std::atoi(argv[2]), std::atoi(argv[3]), *backend)
                             .dump()
                      << '\n';
            return 0;
        }
        std::cerr << "There is no backend of that name.\n";
        return 2;
    } catch (const std::exception& error) {
        std::cout << overfeat::ordered_json{{"error", error.what()}}.dump() << '\n';
        return 4;
    }
}
