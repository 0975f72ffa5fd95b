// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QString>
#include <cstdint>
#include <string>
#include <vector>

#include "app/live/base/parts.h"
#include "app/live/base/worker.h"

namespace overfeat::app {

// Inference servers that somebody names: asked aside whether they can be used, and remembered.
// Threads: GUI thread only.
class ServerController : public QObject {
    Q_OBJECT
public:
    ServerController(const Parts& parts, Worker& worker) : parts_(parts), worker_(worker) {}

    // Those that were used before, newest first.
    void start(std::vector<std::string> servers);
    const std::vector<std::string>& servers() const { return servers_; }
    // The newest of them, as use() takes it.
    struct Typed {
        QString address;
        bool grpc = false;
    };
    Typed newest() const;
    // Answered by answered(), and found() before if all is well. Another question, or cancel(),
    // lets go of this one.
    void use(const QString& address, bool grpc);
    void cancel() { ++asked_; }

signals:
    void serversChanged();
    void found(const std::string& device);
    void answered(const QString& problem);  // one sentence, or nothing

private:
    const Parts& parts_;
    Worker& worker_;
    std::vector<std::string> servers_;
    std::uint64_t asked_ = 0;
};

}  // namespace overfeat::app
