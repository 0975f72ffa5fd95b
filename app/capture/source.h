// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/geometry.h"
#include "engine/core/image.h"

namespace overfeat::capture {

enum class SourceKind { kCamera, kVideo, kPicture, kFolder, kStream, kDemo };

// What to open, as typed by a person or remembered in the settings: "camera:ID" (ID = the name
// under /dev/v4l/by-id, or a /dev path, or empty for the first camera), a video, picture or folder,
// an http(s):// or rtsp:// URL, or "demo".
struct SourceSpec {
    SourceKind kind = SourceKind::kDemo;
    std::string target;  // path (raw bytes, any encoding), URL or camera id; empty for the demo
};
// Looks at the text and, for paths, at the file system. Throws Error(kInput) with a sentence if
// there is no such file; never opens the device or the stream.
SourceSpec parseSource(const std::string& text);
// An address as it may be shown: without name and password, and without the values of its pairs
// ("key=value"), wherever they are.
std::string shownUrl(const std::string& url);
// The same address as its server is asked for it: people write any sign into their passwords.
std::string requestUrl(const std::string& url);

struct SourceOptions {
    bool loop = true;            // videos, folders and the demo start again at their end
    bool own_pace = true;        // videos at their own frame rate; otherwise as fast as taken
    double picture_seconds = 3;  // how long a folder shows each picture
    double stall_seconds = 2;    // no frame for so long = stalled
    SizePx wanted{640, 480};     // cameras: nearest mode is taken and shown
    double wanted_fps = 30;
    std::uint64_t number = 0;  // Frame::source of every frame
    // The clip of the demo source; where it cannot be played, a drawn test card moves instead.
    std::filesystem::path demo_clip;
};

enum class SourceState {
    kOpening,
    kLive,
    kPaused,
    kStalled,  // opened, but no frame for stall_seconds
    kLost,     // vanished; will be opened again, see retry_in_s
    kEnded,    // the end of a video, folder or demo that does not loop
    kFailed,   // cannot be used and will not be retried: see sentence
};

struct SourceStatus {
    SourceState state = SourceState::kOpening;
    std::string name;        // for people
    std::string item;        // of a folder: the file name of the picture that is shown
    std::string sentence;    // what is the matter and what to do, empty while all is well
    std::string remark;      // in what the newest picture is less than a person may expect
    SizePx size;             // actual, not wanted
    double fps = 0;          // measured over the last second or so
    double frame_age_s = 0;  // since the newest frame
    double retry_in_s = 0;
    std::uint64_t frames = 0;
    std::uint64_t damaged = 0;  // frames that could not be decoded and were skipped
    std::uint64_t skipped_files = 0;
    std::int64_t position = -1;  // frame or file number, -1 = no such thing
    std::int64_t length = -1;
    double time_s = -1;      // the file's own time of the newest frame, -1 = no such thing
    double duration_s = -1;  // of the file, -1 = unknown
    bool can_seek = false;
    bool live = false;  // its pictures come whether somebody asks or not: a camera, a live stream
    bool still =
        false;  // the newest picture rests; another may come, but does not follow it in time
    double speed = 1;
};

// Called on a capture thread; must return at once (put into a LatestSlot).
using FrameSink = std::function<void(FramePtr)>;

// A source that is running: its thread opens the device, reads, notices stalls, and reopens with
// back-off (0.5 s doubling to 8 s). Nothing blocks the caller; the destructor returns within 250 ms
// even if the device does not answer (the stuck thread is then left to finish on its own, with
// nothing of ours in its hands).
// Threads: all methods from any one thread (the GUI thread).
class Source {
public:
    virtual ~Source() = default;
    virtual const SourceSpec& spec() const noexcept = 0;
    virtual SourceStatus status() const = 0;  // cheap: poll it
    virtual void setPaused(bool paused) = 0;
    virtual void step() = 0;  // one more frame while paused
    // Goes on from this time of the file, exactly; while paused its frame is shown. Also after the
    // end. Nothing happens where status() says can_seek = false.
    virtual void seek(double /*media_time_s*/) {}
    // Shows the frame before the last one, or a folder's picture before; other sources have none.
    virtual void stepBack() {}
    // 0.25 .. 4, 1 = its own pace; for what has a pace of its own.
    virtual void setSpeed(double /*factor*/) {}
};

std::unique_ptr<Source> openSource(const SourceSpec& spec, const SourceOptions& options,
                                   FrameSink sink);

struct CameraInfo {
    std::string id;                  // stable: name under /dev/v4l/by-id, else the device path
    std::string name;                // "HD Pro Webcam C920"
    std::string device;              // "/dev/video0"
    std::vector<std::string> modes;  // "1280x720 30 fps MJPG"
    std::string problem;             // why it cannot be used now; empty if it can
};
// Lists capture devices by name without starting them (metadata and output nodes are left out).
std::vector<CameraInfo> listCameras();

// Calls `changed` on a thread of its own when cameras come or go, until destroyed.
class CameraWatcher {
public:
    explicit CameraWatcher(std::function<void()> changed);
    ~CameraWatcher();
    CameraWatcher(const CameraWatcher&) = delete;
    CameraWatcher& operator=(const CameraWatcher&) = delete;

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace overfeat::capture
