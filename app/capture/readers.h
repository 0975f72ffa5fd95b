// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "app/capture/frame_reader.h"
#include "app/capture/source.h"

namespace overfeat::capture {

// One factory for each kind of source but cameras (camera_reader.h). None touches a file or the
// network before its reader is opened.

std::unique_ptr<FrameReader> makeVideoReader(std::filesystem::path path, bool loop);
std::unique_ptr<FrameReader> makePictureReader(std::filesystem::path path);
std::unique_ptr<FrameReader> makeFolderReader(std::filesystem::path path, bool loop,
                                              double picture_seconds);
// http(s):// and rtsp://; opening and reading give up after `timeout_s`.
std::unique_ptr<FrameReader> makeStreamReader(const std::string& url, bool loop, double timeout_s);
// Plays `clip`; where it cannot be played, a test card that is drawn here (for ten seconds unless
// `loop`), so that there is always something that moves.
std::unique_ptr<FrameReader> makeDemoReader(const std::filesystem::path& clip, bool loop);

}  // namespace overfeat::capture
