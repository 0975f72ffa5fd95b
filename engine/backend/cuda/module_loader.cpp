// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/module_loader.h"

#include <dlfcn.h>

#include <cstdint>
#include <string>
#include <system_error>

namespace overfeat::backend::cuda {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFileName = "liboverfeat_cuda.so";

// What dlopen says begins with the path it was given, which nobody needs twice.
std::string reasonOf(const fs::path& file) {
    const char* text = dlerror();
    std::string reason = text != nullptr ? text : "no reason given";
    const std::string prefix = file.string() + ": ";
    if (reason.starts_with(prefix)) reason.erase(0, prefix.size());
    return reason;
}

}  // namespace

Device loadModule(const fs::path& folder) {
    const fs::path file = folder / kFileName;
    std::error_code ignored;
    if (!fs::exists(file, ignored)) {
        return {nullptr, "The GPU module " + std::string(kFileName) +
                             " is not beside the program; build it where the CUDA Toolkit and "
                             "cuDNN are installed."};
    }
    // With a path that is whole nothing is searched for.
    void* module = dlopen(fs::absolute(file, ignored).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) {
        return {nullptr, "The GPU module cannot be loaded (" + reasonOf(file) +
                             "); install what it names, or build it again."};
    }
    const auto* abi = static_cast<const std::uint32_t*>(dlsym(module, "overfeat_cuda_abi"));
    if (abi == nullptr || *abi != kModuleAbi) {
        return {nullptr,
                "The GPU module is of another version of this program; build both of one."};
    }
    auto* open = reinterpret_cast<OverfeatCudaDevice*>(dlsym(module, "overfeat_cuda_device"));
    const DeviceApi* api = open != nullptr ? open() : nullptr;
    if (api == nullptr) return {nullptr, "The GPU module shows no device; build it again."};
    return {api, {}};
}

Device loadModuleBesideProgram() {
    std::error_code failed;
    const fs::path program = fs::read_symlink("/proc/self/exe", failed);
    if (failed) {
        return {nullptr,
                "The folder of the program cannot be found, so no GPU module is loaded; "
                "mount /proc."};
    }
    const fs::path folder = program.parent_path();
    const fs::path installed = folder.parent_path() / "lib" / "overfeat-live";
    const bool only_installed =
        !fs::exists(folder / kFileName, failed) && fs::exists(installed / kFileName, failed);
    return loadModule(only_installed ? installed : folder);
}

}  // namespace overfeat::backend::cuda
