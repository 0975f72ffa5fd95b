// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/cuda_backend.h"

#include <algorithm>
#include <utility>

#include "engine/backend/cuda/cuda_picture.h"
#include "engine/backend/cuda/cuda_plan.h"
#include "engine/backend/cuda/lowering.h"
#include "engine/backend/cuda/module_loader.h"
#include "engine/core/error.h"

namespace overfeat::backend {
namespace cuda {
namespace {

// What the code of the module begins at; older cards have no tensor cores to speak of.
constexpr std::int32_t kOldestCapability = 75;
// The runtime takes some 500 MiB for itself before the first network.
constexpr std::int64_t kLeastMemoryBytes = std::int64_t{1} << 30;

std::string cudaVersion(std::int32_t number) {
    return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

}  // namespace

std::string problemOf(Status status, const Card& card) {
    if (status == Status::kNoDriver || (status == Status::kDriverTooOld && card.driver == 0))
        return "There is no NVIDIA driver on this computer; install one if it has such a GPU.";
    if (status == Status::kDriverTooOld) {
        return "The NVIDIA driver serves CUDA " + cudaVersion(card.driver) + " and " +
               cudaVersion(card.needed_driver) + " is needed; install a newer driver.";
    }
    if (status == Status::kNoCard)
        return "The NVIDIA driver finds no GPU that programs may use; see 'nvidia-smi'.";
    if (status != Status::kOk)
        return "The GPU does not answer; see 'nvidia-smi', or restart the computer.";
    const std::int32_t capability = 10 * card.capability_major + card.capability_minor;
    if (capability < kOldestCapability) {
        return "The GPU " + std::string(card.name) + " is too old: its compute capability is " +
               std::to_string(card.capability_major) + "." + std::to_string(card.capability_minor) +
               " and 7.5 is needed.";
    }
    if (card.memory_bytes < kLeastMemoryBytes) {
        return "The GPU " + std::string(card.name) + " has " +
               std::to_string(card.memory_bytes >> 20) + " MiB of memory, and 1024 are needed.";
    }
    return {};
}

std::string describe(const Card& card) {
    return std::string(card.name) + " (GPU, CUDA " + cudaVersion(card.needed_driver) + ", cuDNN " +
           std::to_string(card.cudnn / 10000) + "." + std::to_string(card.cudnn / 100 % 100) + ")";
}

CudaBackend::CudaBackend(std::string name, std::function<Device()> find)
    : name_(std::move(name)), find_(std::move(find)) {}

const Device& CudaBackend::device() const {
    std::call_once(found_, [this] { device_ = find_(); });
    return device_;
}

Availability CudaBackend::probe() const {
    const Device& found = device();
    if (found.api == nullptr) return {false, found.problem};
    Card card{};
    const Status status = found.api->describe(found.api->self, &card);
    std::string problem = problemOf(status, card);
    if (!problem.empty()) return {false, std::move(problem)};
    return {true, describe(card)};
}

std::unique_ptr<Plan> CudaBackend::compile(const net::Graph& graph, const Shape& input,
                                           const CompileOptions& options) const {
    net::validate(graph);
    const Device& found = device();
    if (found.api == nullptr) throw Error(ErrorCode::kRuntime, found.problem, name_);
    Card card{};
    const Status status = found.api->describe(found.api->self, &card);
    const std::string problem = problemOf(status, card);
    if (!problem.empty()) throw Error(ErrorCode::kDeviceLost, problem, name_);
    Program program = Lowering(graph, input, weights_, *found.api, card, options).finish();
    program.statistics.description = describe(card);
    return std::make_unique<CudaPlan>(std::move(program), card.work_per_look);
}

void CudaBackend::runTogether(std::span<Plan* const> plans, const std::stop_token& stop) const {
    const bool all_mine = std::ranges::all_of(
        plans, [](const Plan* plan) { return dynamic_cast<const CudaPlan*>(plan) != nullptr; });
    if (!all_mine) return Backend::runTogether(plans, stop);
    CudaPlan::runTogether(plans, stop);
}

std::unique_ptr<DevicePicture> CudaBackend::makePicture() const {
    const Device& found = device();
    if (found.api == nullptr) return nullptr;
    return std::make_unique<CudaPicture>(*found.api);
}

}  // namespace cuda

const Backend& cudaBackend() {
    static const cuda::CudaBackend kBackend("cuda", cuda::loadModuleBesideProgram);
    return kBackend;
}

}  // namespace overfeat::backend
