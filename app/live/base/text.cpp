// SPDX-License-Identifier: Apache-2.0
#include "app/live/base/text.h"

#include "engine/core/label_set.h"

namespace overfeat::app {

QString idOf(std::string_view bytes) {
    return QString::fromLatin1(bytes.data(), static_cast<qsizetype>(bytes.size()));
}

std::string bytesOf(const QString& id) {
    return id.toLatin1().toStdString();
}

QString shown(std::string_view bytes) {
    return QString::fromStdString(sanitisedLabel(bytes, 500));
}

std::string targetOf(const QUrl& url) {
    if (!url.isLocalFile()) return url.toEncoded().toStdString();
    return QByteArray::fromPercentEncoding(url.path(QUrl::FullyEncoded).toLatin1()).toStdString();
}

QString shortName(std::string_view target) {
    const auto end = target.find_last_not_of('/');
    if (end == std::string_view::npos) return shown(target);
    const auto trimmed = target.substr(0, end + 1);
    return shown(trimmed.substr(trimmed.find_last_of('/') + 1));
}

}  // namespace overfeat::app
