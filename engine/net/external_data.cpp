// SPDX-License-Identifier: Apache-2.0
#include "engine/net/external_data.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>

#include "engine/net/refusal.h"

namespace overfeat::net {
namespace {

[[noreturn]] void refuse(const std::string& tensor, const std::string& what) {
    throw Error(ErrorCode::kModel, "Tensor " + inQuotes(tensor) + " " + what,
                sanitisedLabel(tensor));
}

struct Entry {
    std::string location;
    std::size_t offset = 0;
    std::optional<std::size_t> length;
};

std::size_t wholeNumber(const std::string& text, const char* key, const std::string& tensor) {
    std::size_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end) {
        refuse(tensor, "lies in another file at an " + std::string(key) + " of " + inQuotes(text) +
                           ", which is no number of bytes; export the model again.");
    }
    return number;
}

Entry entryOf(const onnx::TensorProto& proto, const std::string& tensor) {
    Entry entry;
    for (const auto& pair : proto.external_data()) {
        if (pair.key() == "location") entry.location = pair.value();
        if (pair.key() == "offset") entry.offset = wholeNumber(pair.value(), "offset", tensor);
        if (pair.key() == "length") entry.length = wholeNumber(pair.value(), "length", tensor);
    }
    return entry;
}

// A name without a way out of the folder that it is looked up in.
bool isPlainName(std::string_view name) {
    return !name.empty() && name != "." && name != ".." &&
           name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

// Every tensor with its numbers written down in a graph: weights and the values of Constant nodes.
template <class Visit>
void forEachTensor(const onnx::GraphProto& graph, const Visit& visit) {
    for (const onnx::TensorProto& tensor : graph.initializer())
        visit(tensor);
    for (const onnx::NodeProto& node : graph.node()) {
        for (const onnx::AttributeProto& attribute : node.attribute()) {
            if (attribute.has_t()) visit(attribute.t());
        }
    }
}

}  // namespace

ExternalData::~ExternalData() {
    close();
}

void ExternalData::close() noexcept {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
    location_.clear();
}

void ExternalData::open(const std::string& location, const std::string& what) {
    if (descriptor_ >= 0 && location == location_) return;
    close();
    const std::string file = inQuotes(location);
    // A pipe would wait for its other end without O_NONBLOCK; what was opened is looked at, not
    // the name, so nobody can put something else in its place in between.
    descriptor_ = ::open((folder_ / location).c_str(),
                         O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (descriptor_ < 0) {
        if (errno == ENOENT) {
            refuse(what, "lies in the file " + file +
                             ", which is missing; put it into the folder of the model.");
        }
        if (errno == ELOOP) {
            refuse(what, "lies in " + file +
                             ", which is a link and not followed for safety; put the file itself "
                             "into the folder of the model.");
        }
        refuse(what, "lies in the file " + file +
                         ", which cannot be opened; check that you are permitted to read it.");
    }
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
        close();
        refuse(what, "lies in " + file + ", which is not a file; put the file of weights there.");
    }
    file_bytes_ = static_cast<std::size_t>(status.st_size);
    location_ = location;
}

std::vector<std::byte> ExternalData::read(const onnx::TensorProto& proto, std::size_t bytes,
                                          const std::string& what) {
    const Entry entry = entryOf(proto, what);
    if (folder_.empty()) {
        refuse(what,
               "is stored in another file, but this model was not read from a folder; export it "
               "with its weights inside.");
    }
    if (!isPlainName(entry.location)) {
        refuse(what,
               entry.location.empty()
                   ? "is stored in another file that is not named; export the model again."
                   : "is stored in the file " + inQuotes(entry.location) +
                         ", and none outside the model's own folder is read, for safety; put it "
                         "beside the model and export with its plain name.");
    }
    if (entry.length && *entry.length != bytes) {
        refuse(what, "takes " + std::to_string(bytes) + " bytes, but the model says that it has " +
                         std::to_string(*entry.length) + " in " + inQuotes(entry.location) +
                         "; export it again.");
    }
    open(entry.location, what);
    if (entry.offset > file_bytes_ || bytes > file_bytes_ - entry.offset) {
        refuse(what, "lies behind the end of " + inQuotes(entry.location) + ", which has " +
                         std::to_string(file_bytes_) +
                         " bytes: it is cut short or not the file that belongs to this model; get "
                         "it again.");
    }
    std::vector<std::byte> content(bytes);
    for (std::size_t done = 0; done < bytes;) {
        const ssize_t now = ::pread(descriptor_, content.data() + done, bytes - done,
                                    static_cast<off_t>(entry.offset + done));
        if (now < 0 && errno == EINTR) continue;
        if (now <= 0) {
            refuse(what, "cannot be read from " + inQuotes(entry.location) + "; check the disk.");
        }
        done += static_cast<std::size_t>(now);
    }
    return content;
}

std::vector<std::string> externalFiles(const onnx::ModelProto& model) {
    std::set<std::string> files;
    forEachTensor(model.graph(), [&](const onnx::TensorProto& tensor) {
        if (!ExternalData::holds(tensor)) return;
        for (const auto& pair : tensor.external_data()) {
            if (pair.key() == "location" && isPlainName(pair.value())) files.insert(pair.value());
        }
    });
    return {files.begin(), files.end()};
}

}  // namespace overfeat::net
