// SPDX-License-Identifier: Apache-2.0
#include "app/video/input.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <vector>

#include "engine/core/image.h"

namespace overfeat::video {
namespace {

using namespace std::string_view_literals;

// What a camera, a phone, an editor or a web site makes. Not here: what leads to other files or
// draws letters (playlists, "concat", subtitles, terminal captures), raw pixels without a header,
// sound, and the formats of old games, whose decoders nobody looks after.
constexpr std::array kContainers = {
    "apng"sv,      "asf"sv,    "av1"sv,         "avi"sv,    "avs2"sv,       "avs3"sv,
    "cavsvideo"sv, "dirac"sv,  "dnxhd"sv,       "dv"sv,     "evc"sv,        "flv"sv,
    "gif"sv,       "gxf"sv,    "h261"sv,        "h263"sv,   "h264"sv,       "hevc"sv,
    "ivf"sv,       "m4v"sv,    "matroska"sv,    "mjpeg"sv,  "mjpeg_2000"sv, "mov"sv,
    "mpeg"sv,      "mpegts"sv, "mpegvideo"sv,   "mpjpeg"sv, "mxf"sv,        "nut"sv,
    "obu"sv,       "ogg"sv,    "rm"sv,          "smjpeg"sv, "vc1"sv,        "vc1test"sv,
    "vvc"sv,       "wtv"sv,    "yuv4mpegpipe"sv};
// Only from web servers; picture files are read elsewhere.
constexpr std::array kPictures = {"bmp_pipe"sv, "gif_pipe"sv, "jpeg_pipe"sv, "jpegxl_pipe"sv,
                                  "png_pipe"sv, "ppm_pipe"sv, "tiff_pipe"sv, "webp_pipe"sv};

constexpr unsigned kProbeBytes = 1U << 20;
constexpr std::int64_t kStreamProbeBytes = 5'000'000;
constexpr unsigned kMostStreams = 100;

// "mov,mp4,m4a" is called "mov".
std::string_view nameOf(const AVInputFormat* kind) {
    const std::string_view names = kind->name;
    return names.substr(0, names.find(','));
}

bool isPicture(const AVInputFormat* kind) {
    return std::ranges::find(kPictures, nameOf(kind)) != kPictures.end();
}

bool isText(AVIOContext* bytes) {
    std::array<std::uint8_t, 512> head{};
    avio_seek(bytes, 0, SEEK_SET);
    const int count = std::max(0, avio_read(bytes, head.data(), static_cast<int>(head.size())));
    const auto is_letter = [](std::uint8_t c) {
        return c >= 0x20 ? c != 0x7F : c == '\n' || c == '\r' || c == '\t';
    };
    const auto end = head.begin() + count;
    // Other languages have some bytes beyond ASCII, what is no text has many.
    const auto beyond = std::count_if(head.begin(), end, [](auto c) { return c >= 0x80; });
    return count > 0 && std::all_of(head.begin(), end, is_letter) && beyond * 4 < count;
}

Refusal refusedFile(AVIOContext* bytes, const std::string& name) {
    if (isText(bytes)) return {name + " is a text file, not a video; choose a video."};
    return {"The file " + name +
            " is not a video this program can play; convert it, for example to MP4 with H.264."};
}

// The last resort against formats that lead elsewhere: nothing else is opened, whoever asks.
int refuseToOpen(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
    return AVERROR(EPERM);
}

std::string mimeType(AVIOContext* http) {
    std::uint8_t* text = nullptr;
    if (av_opt_get(http, "mime_type", AV_OPT_SEARCH_CHILDREN, &text) < 0 || text == nullptr) {
        return {};
    }
    std::string type(reinterpret_cast<const char*>(text));
    av_free(text);
    std::ranges::transform(type, type.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return type;
}

// Whether the parts begin as FFmpeg's reader of such answers expects it. `http` has been probed, so
// its first bytes are in its buffer.
bool keepsToTheStandard(const AVIOContext* http) {
    std::string head(http->buf_ptr, std::min(http->buf_end, http->buf_ptr + 1024));
    std::ranges::transform(head, head.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::size_t begin = head.find_first_not_of("\r\n");
    if (begin == head.npos || head.compare(begin, 2, "--") != 0) return false;
    const std::size_t end = std::min(head.find("\n\n", begin), head.find("\n\r\n", begin));
    return head.find("\ncontent-type:", begin) < end;
}

bool hasLogin(const std::string& url) {
    const std::size_t host = url.find("://") + 3;
    return url.substr(host, url.find('/', host) - host).find('@') != std::string::npos;
}

}  // namespace

void Patience::start(const std::stop_token& stop) {
    stop_ = stop;
    ran_out_ = false;
    end_ = Clock::now() +
           std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(timeout_s_));
}

AVIOInterruptCB Patience::callback() noexcept {
    return {ask, this};
}

int Patience::ask(void* self) noexcept {
    auto& patience = *static_cast<Patience*>(self);
    if (patience.stop_.stop_requested()) return 1;
    if (Clock::now() < patience.end_) return 0;
    patience.ran_out_ = true;
    return 1;
}

const AVInputFormat* knownContainer(AVIOContext* bytes, bool pictures_too) {
    const AVInputFormat* kind = nullptr;
    if (av_probe_input_buffer2(bytes, &kind, "", nullptr, 0, kProbeBytes) < 0 || kind == nullptr) {
        return nullptr;
    }
    if (isPicture(kind) && pictures_too) return kind;
    // What begins as a JPEG may be many. Whoever opens it as a video knows that it is.
    if (nameOf(kind) == "jpeg_pipe") return av_find_input_format("mjpeg");
    const bool known = std::ranges::find(kContainers, nameOf(kind)) != kContainers.end();
    return known ? kind : nullptr;
}

Input::~Input() {
    avformat_close_input(&format_);
    closeBytes(file_);
    avio_closep(&http_);
}

std::optional<Refusal> Input::openFile(const std::filesystem::path& path,
                                       const ReadOptions& options, const std::stop_token& stop) {
    patience_.start(stop);
    file_ = openBytes(path);
    if (file_ == nullptr) {
        return Refusal{"The video " + options.name +
                       " cannot be opened; check whether it may be "
                       "read."};
    }
    const AVInputFormat* kind = knownContainer(file_, false);
    if (kind == nullptr) return refusedFile(file_, options.name);
    if (openContainer(file_, {}, kind) < 0 || findStreams() < 0) {
        return Refusal{"The video " + options.name +
                       " is damaged or cut off, and its index is missing; copy or download it "
                       "again."};
    }
    return std::nullopt;
}

std::optional<Refusal> Input::openUrl(const std::string& url, const ReadOptions& options,
                                      const std::stop_token& stop) {
    network_ = true;
    patience_.start(stop);
    if (!url.starts_with("rtsp")) return openHttp(url, options);
    int error = openContainer(nullptr, url, av_find_input_format("rtsp"));
    if (error >= 0) error = findStreams();
    if (error < 0) return networkRefusal(error, url, options);
    endless_ = format_->duration == AV_NOPTS_VALUE || format_->duration <= 0;
    return std::nullopt;
}

std::optional<Refusal> Input::openHttp(const std::string& url, const ReadOptions& options) {
    const AVIOInterruptCB waiting = patience_.callback();
    Dictionary protocol;
    // A redirection may lead to another server, but not to a file of this machine.
    protocol.set("protocol_whitelist", "http,https,tls,tcp,httpproxy");
    protocol.set("icy", "0");
    int error = avio_open2(&http_, url.c_str(), AVIO_FLAG_READ, &waiting, protocol.address());
    if (error < 0) return networkRefusal(error, url, options);
    const std::string mime = mimeType(http_);
    if (mime.starts_with("text/html")) {
        return Refusal{"There is a web page at " + options.name +
                       ", not a video; give the address of the video or stream itself."};
    }
    const bool multipart = mime.starts_with("multipart/x-mixed-replace");
    const AVInputFormat* kind = knownContainer(http_, true);
    if (kind == nullptr && patience_.ranOut()) return networkRefusal(AVERROR_EXIT, url, options);
    // Cameras whose answers are not quite what the standard says: the pictures are found by how
    // they begin and end, whatever is between them.
    const bool moving =
        multipart || (mime.starts_with("video/") && kind != nullptr && isPicture(kind));
    if (moving && !(kind != nullptr && nameOf(kind) == "mpjpeg" && keepsToTheStandard(http_))) {
        kind = av_find_input_format("mjpeg");
    }
    if (kind == nullptr) {
        return Refusal{"What the server sends at " + options.name +
                       " is no video this program can play; check the address."};
    }
    const std::string_view name = nameOf(kind);
    endless_ = multipart || name == "mpjpeg" || name == "mjpeg";
    one_picture_ = isPicture(kind);
    patience_.start(patience_.stopToken());
    error = openContainer(http_, {}, kind);
    // The size of what a camera sends is known with the first picture, and there is no more to
    // find.
    if (error >= 0 && !endless_) error = findStreams();
    if (error < 0) return networkRefusal(error, url, options);
    return std::nullopt;
}

int Input::openContainer(AVIOContext* bytes, const std::string& url, const AVInputFormat* kind) {
    format_ = avformat_alloc_context();
    if (format_ == nullptr) return AVERROR(ENOMEM);
    format_->pb = bytes;
    format_->interrupt_callback = patience_.callback();
    format_->max_streams = kMostStreams;
    format_->probesize = kStreamProbeBytes;
    Dictionary demuxer;
    if (bytes != nullptr) {
        format_->io_open = refuseToOpen;
    } else {
        demuxer.set("rtsp_transport", "tcp");  // over UDP the pictures of most networks are torn
        demuxer.set("protocol_whitelist", "rtsp,rtp,srtp,tcp,tls,udp");
    }
    return avformat_open_input(&format_, url.c_str(), kind, demuxer.address());
}

int Input::findStreams() {
    // The limit has to be known to the decoders that look at the first pictures.
    std::vector<AVDictionary*> limits(format_->nb_streams);
    const std::string most = std::to_string(Image::kMaxPixels);
    for (AVDictionary*& entry : limits)
        av_dict_set(&entry, "max_pixels", most.c_str(), 0);
    const int error = avformat_find_stream_info(format_, limits.empty() ? nullptr : limits.data());
    for (AVDictionary*& entry : limits)
        av_dict_free(&entry);
    return error;
}

Refusal Input::networkRefusal(int error, const std::string& url, const ReadOptions& options) const {
    const std::string& name = options.name;
    switch (error) {
        case AVERROR_HTTP_UNAUTHORIZED:
            if (hasLogin(url)) {
                return {"The server refuses the user name and password given for " + name +
                        " (401); check them."};
            }
            return {"The server asks for a user name and password for " + name +
                    " (401); write them in front of the host: http://NAME:PASSWORD@host/..."};
        case AVERROR_HTTP_FORBIDDEN:
            return {"The server does not allow anybody to see " + name +
                    " like this (403); ask who runs it."};
        case AVERROR_HTTP_NOT_FOUND:
            return {"The server has nothing at " + name + " (404); check the address."};
        case AVERROR_HTTP_BAD_REQUEST:
        case AVERROR_HTTP_OTHER_4XX:
            return {"The server refuses the request for " + name +
                    " (an HTTP error 4xx); check the address."};
        case AVERROR_HTTP_SERVER_ERROR:
            return {"The server has a problem of its own with " + name +
                        " at present (an HTTP error 5xx); wait, or ask who runs it.",
                    true};
        case AVERROR(ECONNREFUSED):
            return {"The stream " + name +
                        " cannot be opened: nothing listens there; check the address and whether "
                        "the camera is on.",
                    true};
        case AVERROR(ENOMEM):
            return {"There is not enough memory to open " + name + "; close something.", true};
        default:
            break;
    }
    if (patience_.ranOut()) {
        return {"The stream " + name + " does not answer; check the address and the network.",
                true};
    }
    if (format_ == nullptr && http_ != nullptr) {
        return {"What the server sends at " + name +
                    " is damaged, or no video this program can play; check the address.",
                true};
    }
    return {"The stream " + name +
                " cannot be opened: its server is not found or hangs up; check the address and "
                "the network.",
            true};
}

std::optional<std::string> containerOf(const std::filesystem::path& path) {
    AVIOContext* bytes = openBytes(path);
    if (bytes == nullptr) return std::nullopt;
    const AVInputFormat* kind = knownContainer(bytes, false);
    closeBytes(bytes);
    if (kind == nullptr) return std::nullopt;
    return std::string(kind->name);
}

void quietFfmpeg() {
    av_log_set_level(AV_LOG_QUIET);
}

}  // namespace overfeat::video
