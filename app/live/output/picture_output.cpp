// SPDX-License-Identifier: Apache-2.0
#include "app/live/output/picture_output.h"

#include <QFile>
#include <QSaveFile>

#include "engine/core/error.h"
#include "engine/core/label_set.h"

namespace overfeat::app {

void writePng(const QImage& picture, const std::filesystem::path& file) {
    QSaveFile out(QFile::decodeName(file.c_str()));
    if (!out.open(QIODevice::WriteOnly) || !picture.save(&out, "PNG") || !out.commit()) {
        throw Error(ErrorCode::kRuntime,
                    "The picture " + sanitisedLabel(file.string()) +
                        " could not be written: check that the folder exists and can be written "
                        "to, and that the disk is not full.",
                    file.string());
    }
}

}  // namespace overfeat::app
