// SPDX-License-Identifier: Apache-2.0
#include "app/cli/read_ahead.h"

#include <system_error>
#include <utility>

#include "app/capture/file_kind.h"
#include "app/capture/picture_file.h"

namespace overfeat::cli {
namespace {

OpenedFile openFile(const std::filesystem::path& path) {
    OpenedFile opened;
    opened.video = capture::fileKind(path) != capture::FileKind::kPicture;
    if (!opened.video) opened.picture = capture::readPicture(path, &opened.remark);
    return opened;
}

}  // namespace

void ReadAhead::begin(const std::filesystem::path& path) {
    if (!thread_.joinable()) {
        try {
            thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
        } catch (const std::system_error&) {
            return;  // no thread is to be had: take() opens it
        }
    }
    path_ = path;
    std::packaged_task<OpenedFile()> task([path] { return openFile(path); });
    opened_ = task.get_future();
    {
        const std::lock_guard lock(mutex_);
        task_ = std::move(task);
    }
    handed_.notify_one();
}

OpenedFile ReadAhead::take(const std::filesystem::path& path) {
    if (!opened_.valid() || path != path_) return openFile(path);
    return std::exchange(opened_, {}).get();
}

void ReadAhead::work(const std::stop_token& stop) {
    while (true) {
        std::packaged_task<OpenedFile()> task;
        {
            std::unique_lock lock(mutex_);
            if (!handed_.wait(lock, stop, [this] { return task_.valid(); })) return;
            task = std::move(task_);
        }
        task();
    }
}

}  // namespace overfeat::cli
