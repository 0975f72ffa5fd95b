// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>
#include <QUrl>
#include <string>
#include <string_view>

namespace overfeat::app {

// Paths are bytes in any encoding, Qt's strings are UTF-16. An id keeps every byte (one character
// each) and is never shown; a shown text is readable and cannot be turned back.
QString idOf(std::string_view bytes);
std::string bytesOf(const QString& id);
QString shown(std::string_view bytes);

// The bytes of what a dropped or chosen address means to parseSource and ModelStore: a path for
// file URLs (percent-encoded bytes that are no UTF-8 survive), the address itself for others.
std::string targetOf(const QUrl& url);

// The last part of a path or address, for menus: "kitchen.mp4".
QString shortName(std::string_view target);

}  // namespace overfeat::app
