// SPDX-License-Identifier: Apache-2.0
#include "app/live/source/dropped.h"

#include "app/live/base/text.h"

namespace overfeat::app {

Dropped sortDropped(const QList<QUrl>& urls) {
    Dropped dropped;
    int sources = 0;
    for (const QUrl& url : urls) {
        const std::string target = targetOf(url);
        if (target.empty()) continue;
        if (url.isLocalFile() && idOf(target).endsWith(".onnx", Qt::CaseInsensitive)) {
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
