// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <string>

#include "app/capture/source.h"
#include "engine/core/label_set.h"

namespace overfeat::capture {
namespace {

constexpr const char* kDigits = "0123456789";

// ":554", or nothing.
bool isPort(const std::string& text) {
    return text.size() <= 6 && text.find_first_not_of(kDigits, 1) == std::string::npos;
}

bool isIpv4(const std::string& text) {
    return std::count(text.begin(), text.end(), '.') == 3 &&
           text.find_first_not_of(std::string(kDigits) + '.') == std::string::npos;
}

// Where the host begins in "name:password@host/path?query". A password may hold what it should not:
// "me:sec/ret@host", and "me:12/3@host" looks like a port and a path. There an '@' ends a login,
// and "host:80/me@home" is shown as "home", because hiding too much is better than showing a
// password. It does not where what is before it is the number of a server, where it begins a part
// of the path ("host:80/@me"), and behind a '=', whose value is hidden anyway.
std::size_t endOfLogin(const std::string& rest) {
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    const std::size_t begin = rest.substr(0, end).rfind('@') + 1;  // 0 where there is none
    const std::string server = rest.substr(begin, end - begin);
    const std::size_t colon = std::min(server.find(':'), server.size());
    if (begin == 0 && colon == server.size()) return 0;
    const bool ipv6 = server.starts_with('[');  // full of colons
    const bool port = isPort(server.substr(colon));
    if (ipv6 || (port && isIpv4(server.substr(0, colon)))) return begin;
    std::size_t at = port ? rest.substr(0, rest.find('=')).rfind('@') : rest.rfind('@');
    while (port && at != std::string::npos && at > begin && rest[at - 1] == '/')
        at = rest.rfind('@', at - 1);
    return std::max(begin, at + 1);
}

// "/user=me&pwd=secret" to "/user=...&pwd=...": recorders have their pairs in the path, cameras
// behind a '?', and which of them are secrets differs. A value ends at '&' only, because a password
// may hold the other signs.
std::string withoutValues(const std::string& text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('&', at + 1), text.size());
        const std::size_t equals = text.find('=', at);
        const bool has_value = equals < end;
        result += text.substr(at, (has_value ? equals + 1 : end) - at);
        if (has_value) result += "...";
        at = end;
    }
    return result;
}

// What may stand in an address as it is: RFC 3986, 2.3. A sign that is coded already stays.
std::string coded(const std::string& text) {
    constexpr const char* kHex = "0123456789ABCDEF";
    const auto isHex = [&](std::size_t at) {
        return at < text.size() && std::isxdigit(static_cast<unsigned char>(text[at])) != 0;
    };
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const bool code = c == '%' && isHex(i + 1) && isHex(i + 2);
        const bool plain = c < 0x80 && (std::isalnum(c) != 0 ||
                                        std::string("-._~").find(text[i]) != std::string::npos);
        if (plain || code) {
            result += text[i];
        } else {
            result += {'%', kHex[c >> 4], kHex[c & 15]};
        }
    }
    return result;
}

}  // namespace

std::string requestUrl(const std::string& url) {
    const std::size_t host = url.find("://") + 3;
    const std::string rest = url.substr(host);
    const std::size_t end = endOfLogin(rest);
    if (end == 0) return url;
    const std::string login = rest.substr(0, end - 1);
    const std::size_t colon = std::min(login.find(':'), login.size());
    const std::string name = coded(login.substr(0, colon));
    const std::string password =
        colon < login.size() ? ":" + coded(login.substr(colon + 1)) : std::string();
    return url.substr(0, host) + name + password + "@" + rest.substr(end);
}

std::string shownUrl(const std::string& url) {
    const std::size_t host = url.find("://") + 3;
    const std::string rest = url.substr(host);
    return sanitisedLabel(url.substr(0, host) + withoutValues(rest.substr(endOfLogin(rest))));
}

}  // namespace overfeat::capture
