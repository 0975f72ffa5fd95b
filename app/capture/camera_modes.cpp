// SPDX-License-Identifier: Apache-2.0
#include "app/capture/camera_modes.h"

#include <linux/videodev2.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/capture/camera_decode.h"

namespace overfeat::capture {
namespace {

// More entries than any camera has: a broken driver may answer for ever.
constexpr std::uint32_t kMostEntries = 256;

template <class Request>
bool ask(V4l2Device& device, unsigned long request, Request& argument) {
    return device.ioctl(request, &argument) == 0;
}

double rate(const v4l2_fract& interval) {
    return interval.numerator == 0 ? 0
                                   : static_cast<double>(interval.denominator) / interval.numerator;
}

int nearestStep(int wanted, std::uint32_t least, std::uint32_t most, std::uint32_t step) {
    const auto low = static_cast<std::int64_t>(least);
    const auto high = static_cast<std::int64_t>(std::min<std::uint32_t>(most, 1 << 16));
    const auto pace = std::max<std::int64_t>(step, 1);
    const std::int64_t inside = std::clamp<std::int64_t>(wanted, low, std::max(low, high));
    return static_cast<int>(low + (inside - low) / pace * pace);
}

void addRates(V4l2Device& device, CameraMode mode, std::vector<CameraMode>& modes) {
    const std::size_t before = modes.size();
    for (std::uint32_t i = 0; i < kMostEntries; ++i) {
        v4l2_frmivalenum entry{};
        entry.index = i;
        entry.pixel_format = mode.format;
        entry.width = static_cast<std::uint32_t>(mode.size.width);
        entry.height = static_cast<std::uint32_t>(mode.size.height);
        if (!ask(device, VIDIOC_ENUM_FRAMEINTERVALS, entry)) break;
        const bool discrete = entry.type == V4L2_FRMIVAL_TYPE_DISCRETE;
        mode.fps = rate(discrete ? entry.discrete : entry.stepwise.min);
        modes.push_back(mode);
        if (!discrete) break;
    }
    if (modes.size() == before) modes.push_back(mode);
}

void addSizes(V4l2Device& device, std::uint32_t format, SizePx wanted,
              std::vector<CameraMode>& modes) {
    for (std::uint32_t i = 0; i < kMostEntries; ++i) {
        v4l2_frmsizeenum entry{};
        entry.index = i;
        entry.pixel_format = format;
        if (!ask(device, VIDIOC_ENUM_FRAMESIZES, entry)) break;
        CameraMode mode;
        mode.format = format;
        if (entry.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
            mode.size = {static_cast<int>(entry.discrete.width),
                         static_cast<int>(entry.discrete.height)};
            addRates(device, mode, modes);
            continue;
        }
        const auto& range = entry.stepwise;
        mode.size = {
            nearestStep(wanted.width, range.min_width, range.max_width, range.step_width),
            nearestStep(wanted.height, range.min_height, range.max_height, range.step_height)};
        addRates(device, mode, modes);
        break;
    }
}

// 0 for equal values, growing alike for half and double.
double distance(double a, double b) {
    return a > 0 && b > 0 ? std::abs(std::log(a / b)) : 0;
}

double cost(const CameraMode& mode, SizePx wanted, double wanted_fps) {
    const double area = static_cast<double>(mode.size.width) * mode.size.height;
    const double wanted_area = static_cast<double>(wanted.width) * wanted.height;
    const double shape = static_cast<double>(mode.size.width) / std::max(mode.size.height, 1);
    const double wanted_shape = static_cast<double>(wanted.width) / std::max(wanted.height, 1);
    double sum = 4 * distance(area, wanted_area) + 2 * distance(shape, wanted_shape);
    // Too slow is worse than too fast; the newest frame wins anyway.
    sum += (mode.fps < wanted_fps ? 2.0 : 0.1) * distance(mode.fps, wanted_fps);
    if (!isCompressed(mode.format)) sum += 0.2;
    if (mode.format == V4L2_PIX_FMT_GREY) sum += 1;
    return sum;
}

}  // namespace

std::string formatName(std::uint32_t format) {
    std::string name;
    for (int shift = 0; shift < 32; shift += 8) {
        const char c = static_cast<char>(format >> shift & 0x7FU);
        if (c > ' ') name += c;
    }
    return name;
}

std::string modeName(const CameraMode& mode) {
    std::string text = std::to_string(mode.size.width) + "x" + std::to_string(mode.size.height);
    if (mode.fps > 0) {
        char fps[32];
        std::snprintf(fps, sizeof fps, " %.3g fps", mode.fps);
        text += fps;
    }
    return text + " " + formatName(mode.format);
}

double bytesPerSecond(const CameraMode& mode) {
    const double pixels = static_cast<double>(mode.size.width) * mode.size.height;
    const double fps = mode.fps > 0 ? mode.fps : 30;
    // JPEG of a webcam takes about two bits per pixel.
    return pixels * fps * (isCompressed(mode.format) ? 0.25 : bytesPerPixel(mode.format));
}

std::vector<CameraMode> cameraModes(V4l2Device& device, SizePx wanted) {
    std::vector<CameraMode> modes;
    for (std::uint32_t i = 0; i < kMostEntries; ++i) {
        v4l2_fmtdesc entry{};
        entry.index = i;
        entry.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
        if (!ask(device, VIDIOC_ENUM_FMT, entry)) break;
        if (canDecode(entry.pixelformat)) addSizes(device, entry.pixelformat, wanted, modes);
    }
    return modes;
}

std::vector<CameraMode> nearestModes(std::vector<CameraMode> modes, SizePx wanted,
                                     double wanted_fps) {
    std::stable_sort(modes.begin(), modes.end(), [&](const CameraMode& a, const CameraMode& b) {
        return cost(a, wanted, wanted_fps) < cost(b, wanted, wanted_fps);
    });
    return modes;
}

}  // namespace overfeat::capture
