// SPDX-License-Identifier: Apache-2.0
#include "app/capture/camera_list.h"

#include <linux/videodev2.h>
#include <string.h>  // strverscmp, strnlen

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "app/capture/camera_modes.h"
#include "engine/core/label_set.h"

namespace overfeat::capture {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 2> kLinkFolders = {"v4l/by-id", "v4l/by-path"};

std::vector<fs::path> videoNodes(const CameraEnvironment& environment) {
    std::vector<fs::path> nodes;
    std::error_code error;
    fs::directory_iterator entry(environment.dev, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        if (entry->path().filename().string().starts_with("video")) nodes.push_back(entry->path());
    }
    std::sort(nodes.begin(), nodes.end(), [](const fs::path& a, const fs::path& b) {
        return ::strverscmp(a.c_str(), b.c_str()) < 0;
    });
    return nodes;
}

std::string firstLine(const fs::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

bool capturesPictures(const v4l2_capability& capability) {
    const std::uint32_t abilities = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0
                                        ? capability.device_caps
                                        : capability.capabilities;
    return (abilities & V4L2_CAP_VIDEO_CAPTURE) != 0;
}

// One entry of the list; nothing if the node is no camera.
bool describe(const CameraEnvironment& environment, const fs::path& node, CameraInfo& info) {
    const fs::path facts = environment.sys / node.filename();
    info.id = cameraId(environment, node);
    info.device = node.string();
    info.name = sanitisedLabel(firstLine(facts / "name"));
    if (info.name.empty()) info.name = node.filename().string();
    const auto device = environment.makeDevice();
    if (const int error = device->open(node)) {
        // It cannot be asked what it is; the second node of a camera carries metadata.
        const std::string index = firstLine(facts / "index");
        info.problem = cameraTrouble(info.name, error);
        return index.empty() || index == "0";
    }
    v4l2_capability capability{};
    if (device->ioctl(VIDIOC_QUERYCAP, &capability) != 0 || !capturesPictures(capability)) {
        return false;
    }
    const auto* card = reinterpret_cast<const char*>(capability.card);
    info.name = sanitisedLabel({card, ::strnlen(card, sizeof capability.card)});
    for (const CameraMode& mode : cameraModes(*device, {640, 480})) {
        info.modes.push_back(modeName(mode));
    }
    // Giving back no buffers changes nothing, but is refused while another program streams.
    v4l2_requestbuffers none{};
    none.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    none.memory = V4L2_MEMORY_MMAP;
    if (device->ioctl(VIDIOC_REQBUFS, &none) == EBUSY)
        info.problem = cameraTrouble(info.name, EBUSY);
    return true;
}

}  // namespace

std::string cameraTrouble(const std::string& name, int error) {
    const std::string camera = "The camera '" + name + "'";
    switch (error) {
        case EBUSY:
            return camera +
                   " is in use by another program; close that program or choose another source.";
        case EACCES:
        case EPERM:
            return camera +
                   " may not be used by you; become a member of the group 'video' and log in "
                   "again.";
        case ENOENT:
        case ENODEV:
        case ENXIO:
            return camera + " is not connected; plug it in, or choose another source.";
        case ENOSPC:
            return camera +
                   " does not get enough USB bandwidth; plug it into another port or disconnect "
                   "other cameras.";
        default:
            return camera + " does not work (" + std::generic_category().message(error) +
                   "); disconnect it and plug it in again.";
    }
}

std::string cameraId(const CameraEnvironment& environment, const fs::path& node) {
    std::error_code error;
    const fs::path target = fs::canonical(node, error);
    if (error) return node.string();
    for (const char* folder : kLinkFolders) {
        fs::directory_iterator entry(environment.dev / folder, error);
        for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
            std::error_code dangling;
            if (fs::canonical(entry->path(), dangling) == target && !dangling) {
                return entry->path().filename().string();
            }
        }
    }
    return node.string();
}

fs::path findCamera(const CameraEnvironment& environment, const std::string& id) {
    std::error_code error;
    if (id.empty()) {
        for (const fs::path& node : videoNodes(environment)) {
            CameraInfo info;
            if (describe(environment, node, info)) return node;
        }
        return {};
    }
    if (id.find('/') != std::string::npos) return fs::exists(id, error) ? fs::path(id) : fs::path();
    for (const char* folder : kLinkFolders) {
        fs::path node = fs::canonical(environment.dev / folder / id, error);
        if (!error) return node;
    }
    return {};
}

std::vector<CameraInfo> listCameras(const CameraEnvironment& environment) {
    std::vector<CameraInfo> cameras;
    for (const fs::path& node : videoNodes(environment)) {
        CameraInfo info;
        if (describe(environment, node, info)) cameras.push_back(std::move(info));
    }
    return cameras;
}

std::vector<CameraInfo> listCameras() {
    return listCameras(systemCameras());
}

}  // namespace overfeat::capture
