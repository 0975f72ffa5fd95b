// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/kserve/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/error.h"

namespace overfeat::backend::kserve {
namespace {

constexpr std::size_t kMostHeaderBytes = 64U << 10U;

using Clock = std::chrono::steady_clock;

// What is left until then. Never none, which libcurl takes for all the time there is.
int millisecondsUntil(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 1, INT_MAX));
}

// What the handles of a transfer are freed by.
struct EndTransfer {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct EndMulti {
    void operator()(CURLM* handle) const noexcept { curl_multi_cleanup(handle); }
};
struct EndList {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

std::size_t takeBody(char* data, std::size_t size, std::size_t count, void* target) {
    Exchange& exchange = *static_cast<Exchange*>(target);
    const std::size_t bytes = size * count;
    if (bytes > exchange.most_bytes - exchange.answer.size()) return CURL_WRITEFUNC_ERROR;
    try {
        exchange.answer.insert(exchange.answer.end(), data, data + bytes);
    } catch (const std::exception&) {
        return CURL_WRITEFUNC_ERROR;
    }
    return bytes;
}

// What stands behind the name in a header's line, if it is that header's.
std::optional<std::string_view> valueOf(std::string_view name, std::string_view line) {
    if (line.size() <= name.size() || !curl_strnequal(line.data(), name.data(), name.size()))
        return std::nullopt;
    const std::string_view value = line.substr(name.size());
    const std::size_t first = value.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return std::string_view();
    return value.substr(first, value.find_last_not_of(" \t\r\n") + 1 - first);
}

template <typename Number>
std::optional<Number> numberIn(std::string_view text) {
    Number number = 0;
    if (std::from_chars(text.begin(), text.end(), number).ec != std::errc()) return std::nullopt;
    return number;
}

std::size_t takeHeader(char* data, std::size_t size, std::size_t count, void* target) {
    Exchange& exchange = *static_cast<Exchange*>(target);
    const std::string_view line(data, size * count);
    exchange.header_bytes += line.size();
    if (exchange.header_bytes > kMostHeaderBytes) return 0;
    if (const auto json = valueOf("inference-header-content-length:", line))
        exchange.answer_json_bytes = numberIn<std::size_t>(*json);
    if (const auto grpc = valueOf("grpc-status:", line))
        exchange.grpc_status = numberIn<int>(*grpc);
    if (const auto text = valueOf("grpc-message:", line)) exchange.grpc_message = *text;
    return line.size();
}

}  // namespace

class HttpClient::Connections {
public:
    Connections(Address address, std::chrono::milliseconds connecting)
        : address_(std::move(address)), connecting_(connecting) {
        static const CURLcode kStarted = curl_global_init(CURL_GLOBAL_DEFAULT);
        multi_.reset(kStarted == CURLE_OK ? curl_multi_init() : nullptr);
        if (multi_ == nullptr) throw Error(ErrorCode::kRuntime, "libcurl cannot be started.");
        curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, 8L);
        // One connection for each question over HTTP/2, too, so that servers can be shared out.
        curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, long{CURLPIPE_NOTHING});
    }

    void exchange(std::span<Exchange> exchanges, std::chrono::milliseconds patience,
                  const std::stop_token& stop) {
        const Clock::time_point deadline = Clock::now() + patience;  // of both
        try {
            attempt(exchanges, deadline, stop, false);
        } catch (const Stale&) {
            attempt(exchanges, deadline, stop, true);  // the same question has the same answer
        }
    }

private:
    // A connection that was kept has been closed at the other end.
    struct Stale {};

    void attempt(std::span<Exchange> exchanges, Clock::time_point deadline,
                 const std::stop_token& stop, bool anew) {
        while (transfers_.size() < exchanges.size())
            transfers_.push_back(makeTransfer());
        for (std::size_t i = 0; i < exchanges.size(); ++i)
            prepare(transfers_[i], exchanges[i], millisecondsUntil(deadline), anew);
        // A transfer that is taken out unfinished closes its connection.
        struct TakeOut {
            Connections& all;
            ~TakeOut() {
                for (Transfer& transfer : all.transfers_) {
                    if (std::exchange(transfer.runs, false))
                        curl_multi_remove_handle(all.multi_.get(), transfer.handle.get());
                }
            }
        } const take_out{*this};
        for (std::size_t i = 0; i < exchanges.size(); ++i) {
            transfers_[i].runs = true;
            curl_multi_add_handle(multi_.get(), transfers_[i].handle.get());
        }
        const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_.get()); });
        for (int running = 1; running > 0;) {
            if (stop.stop_requested())
                throw Error(ErrorCode::kCancelled, "Running the network was stopped.");
            if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) lost("cannot be asked.");
            int left = 0;
            while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
                if (message->msg == CURLMSG_DONE) check(*message, exchanges.front().grpc, anew);
            }
            if (running > 0)
                curl_multi_poll(multi_.get(), nullptr, 0, millisecondsUntil(deadline), nullptr);
        }
        for (std::size_t i = 0; i < exchanges.size(); ++i) {
            long status = 0;
            curl_easy_getinfo(transfers_[i].handle.get(), CURLINFO_RESPONSE_CODE, &status);
            exchanges[i].status = static_cast<int>(status);
        }
    }

    struct Transfer {
        std::unique_ptr<CURL, EndTransfer> handle;
        std::unique_ptr<curl_slist, EndList> headers;
        bool runs = false;
    };

    Transfer makeTransfer() const {
        Transfer made{.handle = {curl_easy_init(), {}}, .headers = {}};
        CURL* handle = made.handle.get();
        if (handle == nullptr) throw Error(ErrorCode::kRuntime, "libcurl cannot be started.");
        return made;
    }

    void prepare(Transfer& transfer, Exchange& exchange, int patience_ms, bool anew) const {
        CURL* handle = transfer.handle.get();
        curl_easy_reset(handle);  // connections stay, they are the multi handle's
        exchange.status = 0;
        exchange.header_bytes = 0;
        exchange.answer.clear();
        exchange.answer_json_bytes.reset();
        exchange.grpc_status.reset();
        exchange.grpc_message.clear();
        const std::string url = "http://" + address_.server() + exchange.path;
        curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
#if LIBCURL_VERSION_NUM >= 0x075500
        curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http");
#else
        curl_easy_setopt(handle, CURLOPT_PROTOCOLS, CURLPROTO_HTTP);
#endif
        const long version =
            exchange.grpc ? long{CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE} : long{CURL_HTTP_VERSION_1_1};
        if (curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, version) != CURLE_OK)
            lost("cannot be asked, because libcurl here was made without HTTP/2.");
        // libcurl before 8.0 greets a server again on a connection that is open, which ends it.
        const bool once = exchange.grpc && !keeps_http2_;
        curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, anew || once ? 1L : 0L);
        curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, once ? 1L : 0L);
        curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(handle, CURLOPT_PROXY, "");  // whatever the environment says
        curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connecting_.count()));
        curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, long{patience_ms});
        curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, 512L << 10);
        curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, 512L << 10);
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, takeBody);
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
        curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, takeHeader);
        curl_easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
        curl_slist* headers = nullptr;
        const auto add = [&](const std::string& line) {
            headers = curl_slist_append(headers, line.c_str());
        };
        for (const std::string& header : exchange.headers)
            add(header);
        // So that the server does not compute for nobody.
        if (exchange.grpc) add("grpc-timeout: " + std::to_string(patience_ms) + "m");
        const std::span<const char> body =
            exchange.text.empty() ? exchange.body : std::span<const char>(exchange.text);
        if (!body.empty()) {
            add("Expect:");  // do not ask first whether the body is welcome
            curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(body.size()));
            curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
        }
        transfer.headers.reset(headers);
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    }

    // Whether a connection that was kept ended before anything of an answer came.
    static bool wasClosed(CURL* handle) {
        long connects = 0;
        long header_bytes = 0;
        curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &connects);
        curl_easy_getinfo(handle, CURLINFO_HEADER_SIZE, &header_bytes);
        return connects == 0 && header_bytes == 0;
    }

    void check(const CURLMsg& message, bool grpc, bool anew) const {
        switch (message.data.result) {
            case CURLE_OK:
                return;
            case CURLE_COULDNT_RESOLVE_HOST:
                lost("cannot be found; is the name right?");
            case CURLE_COULDNT_CONNECT:
                lost("does not listen; start it, or name another one.");
            case CURLE_OPERATION_TIMEDOUT:
                lost("did not answer in time.");
            case CURLE_GOT_NOTHING:
            case CURLE_PARTIAL_FILE:  // over HTTP/2 also where nothing came
            case CURLE_RECV_ERROR:
            case CURLE_SEND_ERROR:
            case CURLE_HTTP2:
            case CURLE_HTTP2_STREAM:
                if (!anew && wasClosed(message.easy_handle)) throw Stale();
                lost(grpc ? "broke the connection off; it may have another port for gRPC."
                          : "broke the connection off.");
            case CURLE_WRITE_ERROR:
                lost("answers with more than was asked for.");
            // What came begins otherwise, as gRPC's ports do; libcurl before and from 8.0 on.
            case CURLE_UNSUPPORTED_PROTOCOL:
            case CURLE_WEIRD_SERVER_REPLY:
                lost(grpc ? "does not speak HTTP/2; it may have another port for gRPC."
                          : "does not speak HTTP; it may have another port for it.");
            default:
                lost(std::string("does not speak HTTP as it should (") +
                     curl_easy_strerror(message.data.result) + ").");
        }
    }

    [[noreturn]] void lost(const std::string& what) const {
        throw Error(ErrorCode::kDeviceLost,
                    "The inference server at " + address_.server() + " " + what, "kserve");
    }

    Address address_;
    std::chrono::milliseconds connecting_;
    const bool keeps_http2_ = curl_version_info(CURLVERSION_NOW)->version_num >= 0x080000;
    std::unique_ptr<CURLM, EndMulti> multi_;
    std::vector<Transfer> transfers_;
};

HttpClient::HttpClient(Address address, std::chrono::milliseconds connecting)
    : connections_(std::make_unique<Connections>(std::move(address), connecting)) {}
HttpClient::~HttpClient() = default;

void HttpClient::exchange(std::span<Exchange> exchanges, std::chrono::milliseconds patience,
                          const std::stop_token& stop) {
    connections_->exchange(exchanges, patience, stop);
}

}  // namespace overfeat::backend::kserve
