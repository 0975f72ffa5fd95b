// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>
#include <QUrl>
#include <string>

namespace overfeat::app {

// What a handful of dropped or chosen files means: models are loaded (several vote), and the first
// of the others becomes the source.
struct Dropped {
    std::string model;   // for ModelStore::resolve; empty = none
    std::string source;  // for parseSource; empty = none
    QString remark;      // what was left out; empty if nothing
};
// Goes by names only, touches no file.
Dropped sortDropped(const QList<QUrl>& urls);

}  // namespace overfeat::app
