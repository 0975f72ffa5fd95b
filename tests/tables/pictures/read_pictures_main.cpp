// SPDX-License-Identifier: Apache-2.0
//
// read_pictures FOLDER FILE...: what capture::readPicture() makes of each file, as FOLDER/FILE.ppm,
// or its sentence as FOLDER/FILE.txt. For compare.py.
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include "app/capture/picture_file.h"
#include "engine/core/error.h"

namespace {

void write(const std::filesystem::path& path, const overfeat::Image& image) {
    std::ofstream file(path, std::ios::binary);
    file << "P6\n" << image.width() << ' ' << image.height() << "\n255\n";
    for (int y = 0; y < image.height(); ++y) {
        file.write(reinterpret_cast<const char*>(image.row(y)),
                   static_cast<std::streamsize>(image.width()) * 3);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
    if (arguments.size() < 3) return 2;
    const std::filesystem::path folder = arguments[1];
    for (const std::filesystem::path file : arguments.subspan(2)) {
        const std::string name = file.filename().string();
        try {
            write(folder / (name + ".ppm"), overfeat::capture::readPicture(file));
        } catch (const overfeat::Error& error) {
            std::ofstream(folder / (name + ".txt")) << error.what();
        }
    }
    return 0;
}
