#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""compare.py CORPUS [--ours PROGRAM] [--details]: what each reader makes of the pictures.

Right is what ImageMagick shows (FILE[0] -auto-orient -background white -alpha remove). PROGRAM is
`read_pictures` of the test preset. libvips and QImageReader are asked through python3-pyvips and
python3-pyqt6 where these are installed, each as its documentation says to read a file.
Where ImageMagick 6 leaves out what every browser does, the same motif from another file is the
truth: turning PNG and WebP by EXIF, the opacity of HEIC and AVIF, the canvas of a GIF.
A picture is right if its size is, the mean difference is below 2.5 of 255 and 98 % of its pixels
differ by less than 28: what chroma upsampling leaves at edges.
"""
import argparse
import collections
import pathlib
import shutil
import subprocess
import sys
import tempfile

MEAN, FAR, FAR_SHARE = 2.5, 28, 0.02
MAGICK = next((t for t in ("magick", "convert-im6.q16", "convert") if shutil.which(t)), "convert")


SAME_AS = {f"{kind}-exif{turn}.{kind}": f"tiff-turn{turn}.tif" for kind in ("png", "webp") for turn in range(1, 9)}
SAME_AS |= {f"{kind}-alpha.{kind}": "png-type6-8.png" for kind in ("heic", "avif")}


def read_ppm(path):
    """(width, height, bytes) of a binary PPM with 8 bits; nothing if there is none."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    parts = data.split(maxsplit=4) if data[:2] == b"P6" else []
    if len(parts) < 5:
        return None
    width, height = int(parts[1]), int(parts[2])
    pixels = data[len(data) - width * height * 3:]
    return width, height, pixels


def expected(files, out):
    for file in files:
        canvas = ["-coalesce"] if file.suffix == ".gif" else []
        subprocess.run([MAGICK, f"{file}[0]", *canvas, "-auto-orient", "-background", "white", "-alpha", "remove",
                        "-type", "TrueColor", "-depth", "8", "-strip", f"ppm:{out / (file.name + '.ppm')}"],
                       capture_output=True, timeout=60, check=False)


def run(command, files, out):
    """Runs a reader over all files; a file on which it dies is marked and the rest goes on."""
    waiting = list(files)
    while waiting:
        try:
            died = subprocess.run(command + [str(out)] + [str(f) for f in waiting], capture_output=True, timeout=600, check=False).returncode != 0
        except subprocess.TimeoutExpired:
            died = True
        left = [f for f in waiting if not any((out / (f.name + e)).exists() for e in (".ppm", ".txt"))]
        if not left or not died:
            return
        (out / (left[0].name + ".txt")).write_text("CRASH")
        waiting = left[1:]


def vips_reader(path):
    import pyvips
    image = pyvips.Image.new_from_file(str(path), access="sequential").autorot()
    if image.interpretation in ("rgb16", "grey16"):
        image = image.colourspace("srgb")
    elif image.interpretation != "srgb":
        image = image.colourspace("srgb")
    if image.hasalpha():
        image = image.flatten(background=255)
    image = image.cast("uchar")
    if image.bands == 1:
        image = image.bandjoin([image, image])
    return image.width, image.height, image[:3].write_to_memory()


def qt_reader(path):
    from PyQt6.QtGui import QImage, QImageReader
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    reader.setDecideFormatFromContent(True)
    image = reader.read()
    if image.isNull():
        raise ValueError(reader.errorString())
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rgba = image.constBits().asstring(image.sizeInBytes())  # four bytes a pixel: rows have no padding
    on_white = bytearray()
    for at in range(0, len(rgba), 4):
        alpha = rgba[at + 3]
        on_white += bytes((c * alpha + 255 * (255 - alpha) + 127) // 255 for c in rgba[at:at + 3])
    return image.width(), image.height(), bytes(on_white)


READERS = {"libvips": vips_reader, "QImageReader": qt_reader}


def read_all(name, out, files):
    for file in map(pathlib.Path, files):
        try:
            width, height, pixels = READERS[name](file)
            (out / (file.name + ".ppm")).write_bytes(b"P6\n%d %d\n255\n" % (width, height) + pixels)
        except Exception as error:  # whatever a library says is its refusal
            (out / (file.name + ".txt")).write_text(str(error))


def verdict(truth, out, name):
    shown = read_ppm(out / (name + ".ppm"))
    said = (out / (name + ".txt")).read_text(errors="replace") if (out / (name + ".txt")).exists() else ""
    if said == "CRASH":
        return "crash", ""
    if name.startswith("no-"):
        return ("wrong", "shown") if shown else ("right", said)
    if name.startswith("bad-"):  # refused, or shown with a remark
        return ("right", said) if not shown or said else ("wrong", "shown without a word")
    if shown is None:
        return ("right" if truth is None else "refused"), said
    if truth is None:
        return "unjudged", "ImageMagick shows nothing"
    if shown[:2] != truth[:2]:
        return "wrong", f"{shown[0]}x{shown[1]} instead of {truth[0]}x{truth[1]}"
    differences = [abs(a - b) for a, b in zip(shown[2], truth[2])]
    mean = sum(differences) / len(differences)
    far = sum(d > FAR for d in differences) / len(differences)
    return ("right" if mean < MEAN and far < FAR_SHARE else "wrong"), f"mean {mean:.2f}, far {100 * far:.1f} %"


def main():
    if len(sys.argv) > 3 and sys.argv[1] == "--read":
        read_all(sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4:])
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--ours", help="the program read_pictures")
    parser.add_argument("--only-ours", action="store_true", help="leave the other readers out")
    parser.add_argument("--details", action="store_true", help="every picture that is not right")
    options = parser.parse_args()
    files = sorted(f for f in options.corpus.iterdir() if f.is_file())
    readers = {"ours": [options.ours]} if options.ours else {}
    for name, module in () if options.only_ours else (("libvips", "pyvips"), ("QImageReader", "PyQt6.QtGui")):
        if subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0:
            readers[name] = [sys.executable, __file__, "--read", name]
    with tempfile.TemporaryDirectory() as scratch:
        reference = pathlib.Path(scratch) / "expected"
        reference.mkdir()
        expected([f for f in files if not f.name.startswith(("no-", "bad-"))], reference)
        truth = {f.name: read_ppm(reference / (SAME_AS.get(f.name, f.name) + ".ppm")) for f in files}
        table = collections.defaultdict(lambda: collections.defaultdict(collections.Counter))
        for reader, command in readers.items():
            out = pathlib.Path(scratch) / reader
            out.mkdir()
            run(command, files, out)
            for file in files:
                result, why = verdict(truth[file.name], out, file.name)
                table[file.name.split("-")[0]][reader][result] += 1
                if options.details and result != "right":
                    print(f"{reader:13} {result:9} {file.name:36} {why}")
    kinds = sorted(table, key=lambda kind: (kind in ("bad", "no"), kind))
    print("| kind | pictures | " + " | ".join(readers) + " |")
    print("|---|---|" + "---|" * len(readers))
    total = {reader: collections.Counter() for reader in readers}
    for kind in kinds:
        cells = []
        for reader in readers:
            total[reader].update(table[kind][reader])
            cells.append(cell(table[kind][reader]))
        print(f"| {kind} | {sum(next(iter(table[kind].values())).values())} | " + " | ".join(cells) + " |")
    print(f"| all | {len(files)} | " + " | ".join(cell(total[reader]) for reader in readers) + " |")


def cell(counts):
    return ", ".join(f"{counts[word]} {word}" for word in ("right", "wrong", "refused", "crash", "unjudged") if counts[word])


if __name__ == "__main__":
    main()
