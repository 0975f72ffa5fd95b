// SPDX-License-Identifier: Apache-2.0
#include "app/live/source/dropped.h"

#include "app/live/base/text.h"
#include "engine/net/model.h"

namespace overfeat::app {
namespace {

bool isModel(const std::string& file) {
    return idOf(file).endsWith(".onnx", Qt::CaseInsensitive) || net::isNamedLikeRelease(file);
}

}  // namespace

Dropped sortDropped(const QList<QUrl>& urls) {
    Dropped dropped;
    int sources = 0;
    for (const QUrl& url : urls) {
        const std::string target = targetOf(url);
        if (target.empty()) continue;
        if (url.isLocalFile() && isModel(target)) {
            if (!dropped.model.empty()) dropped.model += ',';
            dropped.model += target;
        } else if (++sources == 1) {
            dropped.source = target;
        }
    }
    if (sources > 1) {
        dropped.remark = "One source runs at a time, so this is the first of the " +
                         QString::number(sources) +
                         " files; to go through many pictures, drop their folder.";
    }
    return dropped;
}

}  // namespace overfeat::app
