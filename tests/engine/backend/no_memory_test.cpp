// SPDX-License-Identifier: Apache-2.0
//
// A network is read, made dense, compiled and run while memory ends, at every place in turn where
// some is asked for: that is said by std::bad_alloc or in one sentence, or what was made is what is
// made with enough of it. Nothing is lost, and with memory everything works as before.
#include <dlfcn.h>
#include <execinfo.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/backend/registry.h"
#include "engine/core/error.h"
#include "engine/net/model.h"
#include "engine/net/onnx_writer.h"
#include "engine/net/passes.h"
#include "tests/support/capability.h"
#include "tests/support/file_bytes.h"
#include "tests/support/replaced_new.h"

namespace {

// How often memory is asked for until it is refused, once; 0 = there is enough.
std::atomic<long> left{0};
std::atomic<bool> refused{false};
// Of every time that memory is asked for whether it is our own code that asks; null = not wanted.
std::atomic<std::vector<bool>*> asked{nullptr};

// Whether one of these libraries asks, directly or not: protobuf loses what it has where there is
// no memory, and oneDNN and OpenMP end the program on threads of theirs.
bool isTheirs() {
    std::array<void*, 64> frames{};
    const int depth = ::backtrace(frames.data(), static_cast<int>(frames.size()));
    return std::any_of(frames.begin(), frames.begin() + depth, [](const void* frame) {
        Dl_info info{};
        if (::dladdr(frame, &info) == 0 || info.dli_fname == nullptr) return false;
        const std::string_view file(info.dli_fname);
        constexpr std::array<std::string_view, 4> kTheirs{"libprotobuf", "libonnx", "libdnnl",
                                                          "libgomp"};
        return std::ranges::any_of(
            kTheirs, [&](std::string_view one) { return file.find(one) != file.npos; });
    });
}

}  // namespace

void* overfeat::test::allocated(std::size_t bytes) {
    if (left > 0 && --left == 0 && !isTheirs()) {
        refused = true;
        throw std::bad_alloc();
    }
    if (auto* list = asked.exchange(nullptr)) {  // which may ask for memory itself
        list->push_back(!isTheirs());
        asked = list;
    }
    return plainMemory(bytes);
}

namespace overfeat::backend {
namespace {

constexpr std::array kNetworks{"branched", "last_channels", "plain",
                               "residual", "sized",         "squeezed"};

class NoMemory : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        std::array<void*, 1> frame{};
        ::backtrace(frame.data(), 1);  // loads what it needs
        bytes_ = test::bytesOf(test::sourceRoot() / "tests/fuzz/corpus/onnx_model" / GetParam());
        ASSERT_FALSE(bytes_.empty());
    }

    std::shared_ptr<const net::Model> model() const {
        return net::parseModel(std::as_bytes(std::span(bytes_)), GetParam());
    }

    static net::DenseGraph dense(const net::Model& model) {
        const net::DenseGraph coarse = net::makeDense(model.graph, model.window_px);
        return net::refineStride(coarse, std::min(net::maxFineSteps(coarse), 1));
    }

    // All of a graph: what it computes, and with what numbers.
    static std::string written(const net::Graph& graph) {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < graph.outputs.size(); ++i)
            names.push_back(std::to_string(i));
        return net::writeOnnx(graph, names);
    }

    // How many places there are. `told` makes of a result what can be compared.
    template <class Action, class Told>
    static int failEverywhere(const Action& action, const Told& told) {
        action();  // what is made once is there
        const auto expected = told(action());
        std::vector<bool> ours;
        asked = &ours;
        action();
        asked = nullptr;
        int places = 0;
        // oneDNN keeps some of what it makes, and lets go of it when it likes.
        long most = test::pieces_in_use;
        for (std::size_t at = 0; at < ours.size() && !testing::Test::HasFailure(); ++at) {
            if (!ours[at]) continue;
            most = std::max<long>(most, test::pieces_in_use);
            refused = false;
            left = static_cast<long>(at) + 1;
            bool failed = false;
            std::optional<decltype(action())> made;
            try {
                made.emplace(action());
            } catch (const std::bad_alloc&) {
                failed = true;
            } catch (const Error& error) {
                failed = true;
                EXPECT_TRUE(std::string_view(error.what()).ends_with('.')) << error.what();
            }
            left = 0;
            EXPECT_TRUE(!failed || refused) << "failed with enough memory, at " << at;
            // Who can do without may, but then all the same has to come out.
            EXPECT_TRUE(!made || told(*made) == expected) << "something else, at " << at;
            made.reset();
            EXPECT_LE(test::pieces_in_use, most) << "memory was lost, at " << at;
            places += refused ? 1 : 0;
        }
        action();
        EXPECT_LE(test::pieces_in_use, most) << "memory was lost";
        return places;
    }

private:
    std::string bytes_;
};

TEST_P(NoMemory, WhileANetworkIsRead) {
    const auto told = [](const std::shared_ptr<const net::Model>& read) {
        return std::tuple(written(read->graph), *read->labels, read->window_px,
                          read->normalisation.mean, read->normalisation.std, read->crop,
                          read->scores, read->boxes, read->features, read->feature_mean, read->card,
                          read->assumptions);
    };
    EXPECT_GT(failEverywhere([&] { return model(); }, told), 100);
}

TEST_P(NoMemory, WhileItIsMadeDense) {
    const auto read = model();
    const auto told = [](const net::DenseGraph& made) {
        return std::tuple(written(made.graph), made.report.fidelity, made.report.reasons,
                          made.window_px, made.stride_px);
    };
    EXPECT_GT(failEverywhere([&] { return dense(*read); }, told), 100);
}

TEST_P(NoMemory, WhileItIsCompiledAndRun) {
    const auto read = model();
    const net::DenseGraph sliding = dense(*read);
    const Shape picture{1, 3, read->window_px + sliding.stride_px.height,
                        read->window_px + sliding.stride_px.width};
    for (const Backend* backend : backends()) {
        if (backend->name() != "reference" && backend->name() != "onednn") continue;
        if (test::missing(std::string(backend->name()), backend->probe().available)) continue;
        const auto compileAndRun = [&] {
            const auto plan = backend->compile(sliding.graph, picture, {.threads = 1});
            std::ranges::fill(plan->input(), 0.5F);
            plan->run();
            return std::vector<float>(plan->output(0).begin(), plan->output(0).end());
        };
        const auto told = [](const std::vector<float>& numbers) { return numbers; };
        const std::vector<float> before = compileAndRun();
        EXPECT_GT(failEverywhere(compileAndRun, told), 30) << backend->name();
        EXPECT_EQ(compileAndRun(), before) << backend->name();
    }
}

INSTANTIATE_TEST_SUITE_P(Networks, NoMemory, testing::ValuesIn(kNetworks),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace overfeat::backend
