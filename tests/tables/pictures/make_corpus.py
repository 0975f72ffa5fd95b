#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_corpus.py FOLDER: pictures of every kind, one small motif in all of them.

Needs Python and the tools ImageMagick, libjpeg-turbo-progs, libtiff-tools, webp, libheif-examples,
libavif-bin and libopenjp2-tools; what a missing tool would make is left out and said.
Names are KIND-WHAT.EXT; `bad-` may be refused or shown with a remark, `no-` must be refused.
"""
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

import raw_formats as raw

WIDTH, HEIGHT = 61, 43  # odd, so that padding of rows shows


def motif(x, y):
    """Smooth colours with a dark corner and a bright block: every turn and mirror image differs."""
    if x < 16 and y < 12:
        return (20, 30, 60)
    if 38 < x < 54 and 24 < y < 36:
        return (240, 210, 40)
    return (40 + 3 * x, 60 + 4 * y, 200 - 2 * x - y)


RGB = [[motif(x, y) for x in range(WIDTH)] for y in range(HEIGHT)]
GREY = [[(3 * r + 6 * g + b) // 10 for r, g, b in row] for row in RGB]
ALPHA = [[min(255, 8 * x) if y < 30 else 255 for x in range(WIDTH)] for y in range(HEIGHT)]


class Corpus:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.temporary = tempfile.TemporaryDirectory()
        self.scratch = pathlib.Path(self.temporary.name)
        self.missing = set()
        self.count = 0
        self.magick = next((t for t in ("magick", "convert-im6.q16", "convert") if shutil.which(t)), "magick")

    def add(self, name, data):
        (self.folder / name).write_bytes(data)
        self.count += 1

    def run(self, name, *command, path=None):
        """Runs a tool that writes `name`; answers whether it did."""
        target = path or self.folder / name
        try:
            done = subprocess.run([str(c).replace("OUT", str(target)) for c in command],
                                  capture_output=True, timeout=120)
        except FileNotFoundError:
            self.missing.add(command[0])
            return False
        if done.returncode != 0 or not target.exists():
            print(f"{name}: {command[0]}: {done.stderr.decode(errors='replace').strip()[:150]}")
            target.unlink(missing_ok=True)
            return False
        self.count += path is None
        return True

    def im(self, name, *arguments, source=None):
        return self.run(name, self.magick, str(source or self.ppm), *arguments, "OUT")

    def make(self, name, *command):
        """What a tool writes, as bytes; nothing if it could not."""
        path = self.scratch / name
        return path.read_bytes() if self.run(name, *command, path=path) else b""

    def sources(self):
        flat = bytes(c for row in RGB for pixel in row for c in pixel)
        self.ppm = self.scratch / "motif.ppm"
        self.ppm.write_bytes(b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + flat)
        self.pgm = self.scratch / "motif.pgm"
        self.pgm.write_bytes(b"P5\n%d %d\n255\n" % (WIDTH, HEIGHT) +
                             bytes(v for row in GREY for v in row))
        self.png = self.scratch / "motif.png"
        self.png.write_bytes(raw.png(2, 8, RGB))
        rgba = [[p + (a,) for p, a in zip(*rows)] for rows in zip(RGB, ALPHA)]
        self.alpha_png = self.scratch / "alpha.png"
        self.alpha_png.write_bytes(raw.png(6, 8, rgba))
        self.rgba = rgba
        self.deep_png = self.scratch / "deep.png"
        self.deep_png.write_bytes(raw.png(2, 16, [[tuple(c * 257 for c in p) for p in row] for row in RGB]))
        # A matrix profile with swapped primaries would be seen at once; tools take any valid one.
        self.icc = next((p for p in map(pathlib.Path, (
            "/usr/share/color/icc/ghostscript/a98.icc", "/usr/share/color/icc/colord/AdobeRGB1998.icc",
            "/usr/share/color/icc/ghostscript/srgb.icc")) if p.exists()), None)

    def all(self):
        self.sources()
        for part in (self.png_files, self.bmp_files, self.tiff_files, self.jpeg_files, self.gif_files,
                     self.webp_files, self.heif_files, self.jpeg2000_files, self.netpbm_files,
                     self.tga_and_icons, self.others, self.damaged, self.forbidden):
            part()

    def png_files(self):
        add = self.add
        for colour, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items():
            for depth in depths:
                top = (1 << depth) - 1
                scale = lambda v: v * top // 255
                palette = None
                if colour == 0:
                    rows = [[(scale(v),) for v in row] for row in GREY]
                elif colour == 2:
                    rows = [[tuple(scale(c) for c in p) for p in row] for row in RGB]
                elif colour == 3:
                    palette = [(i * 255 // top, 255 - i * 200 // top, i * 90 // top) for i in range(top + 1)]
                    rows = [[(scale(v),) for v in row] for row in GREY]
                elif colour == 4:
                    rows = [[(scale(v), scale(a)) for v, a in zip(*r)] for r in zip(GREY, ALPHA)]
                else:
                    rows = [[tuple(scale(c) for c in p) for p in row] for row in self.rgba]
                for interlace in (False, True):
                    add(f"png-type{colour}-{depth}{'-adam7' if interlace else ''}.png",
                        raw.png(colour, depth, rows, interlace, palette=palette))
                if colour in (0, 2):
                    key = rows[3][3] if colour == 0 else rows[30][45]
                    add(f"png-type{colour}-{depth}-trns.png", raw.png(colour, depth, rows, before=[
                        (b"tRNS", b"".join(struct.pack(">H", v) for v in key))]))
                if colour == 3:
                    add(f"png-type3-{depth}-trns.png", raw.png(colour, depth, rows, palette=palette, before=[
                        (b"tRNS", bytes((i * 255 // top) for i in range(top)))]))
        for name, chunk in {"gama1": (b"gAMA", struct.pack(">I", 100000)), "gama045": (b"gAMA", struct.pack(">I", 45455)),
                            "srgb": (b"sRGB", b"\0"), "bkgd": (b"bKGD", struct.pack(">HHH", 255, 0, 0)),
                            "phys": (b"pHYs", struct.pack(">IIB", 2000, 1000, 1)),
                            "unknown": (b"quRX", b"1234"), "sbit": (b"sBIT", b"\5\6\5")}.items():
            add(f"png-{name}.png", raw.png(2, 8, RGB, before=[chunk]))
        add("png-bkgd-alpha.png", raw.png(6, 8, self.rgba, before=[(b"bKGD", struct.pack(">HHH", 255, 0, 0))]))
        for turn in range(1, 9):
            add(f"png-exif{turn}.png", raw.png(2, 8, RGB, before=[(b"eXIf", raw.exif(turn, turn % 2 == 0))]))
        if self.icc:
            add("png-icc.png", raw.png(2, 8, RGB, before=[
                (b"iCCP", b"x\0\0" + zlib.compress(self.icc.read_bytes()))]))
        apng = raw.png(2, 8, RGB, before=[(b"acTL", struct.pack(">II", 1, 0)), (b"fcTL", struct.pack(
            ">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0))])
        add("png-apng.png", apng)
        add("png-1x1.png", raw.png(2, 8, [[(9, 200, 30)]]))
        add("png-named.jpg", raw.png(2, 8, RGB))

    def bmp_files(self):
        add = self.add
        grey_palette = [(i, 255 - i, i // 2) for i in range(256)]
        few = [(i * 17, 255 - i * 16, i * 8) for i in range(16)]
        bits8 = [bytes(row) for row in GREY]
        bits4 = [[v >> 4 for v in row] for row in GREY]
        packed4 = [raw.rows_to_bits([row], 4) for row in bits4]
        packed1 = [raw.rows_to_bits([[int(v > 110) for v in row]], 1) for row in GREY]
        packed2 = [raw.rows_to_bits([[v >> 6 for v in row]], 2) for row in GREY]
        bgr = [bytes(c for r, g, b in row for c in (b, g, r)) for row in RGB]
        two = [(250, 240, 30), (20, 40, 160)]
        for header in (12, 16, 40, 52, 56, 64, 108, 124):
            os2 = {12: "os2v1", 16: "os2v2short", 64: "os2v2"}.get(header, f"v{header}")
            for bits, rows, palette in ((1, packed1, two), (4, packed4, few), (8, bits8, grey_palette), (24, bgr, ())):
                add(f"bmp-{os2}-{bits}.bmp", raw.bmp(WIDTH, HEIGHT, bits, raw.bmp_rows(rows), header, palette=palette))
        add("bmp-os2v1-8-fewcolours.bmp", raw.bmp(WIDTH, HEIGHT, 8, raw.bmp_rows([bytes(v >> 4 for v in r) for r in GREY]), 12, palette=few))
        add("bmp-2.bmp", raw.bmp(WIDTH, HEIGHT, 2, raw.bmp_rows(packed2), 40, palette=few[::4]))
        add("bmp-8-fewcolours.bmp", raw.bmp(WIDTH, HEIGHT, 8, raw.bmp_rows([bytes(v >> 4 for v in r) for r in GREY]), 40, palette=few))
        add("bmp-8-used0.bmp", raw.bmp(WIDTH, HEIGHT, 8, raw.bmp_rows(bits8), 40, palette=grey_palette, colours_used=0))
        add("bmp-8-topdown.bmp", raw.bmp(WIDTH, HEIGHT, 8, raw.bmp_rows(bits8, True), 40, palette=grey_palette, top_down=True))
        add("bmp-24-topdown.bmp", raw.bmp(WIDTH, HEIGHT, 24, raw.bmp_rows(bgr, True), 40, top_down=True))
        add("bmp-8-rle.bmp", raw.bmp(WIDTH, HEIGHT, 8, raw.rle8([list(r) for r in bits8]), 40, 1, grey_palette))
        add("bmp-4-rle.bmp", raw.bmp(WIDTH, HEIGHT, 4, raw.rle4(bits4), 40, 2, few))
        layouts = {"565": (16, (0xF800, 0x7E0, 0x1F, 0)), "555": (16, (0x7C00, 0x3E0, 0x1F, 0)),
                   "444": (16, (0xF00, 0xF0, 0xF, 0)), "4444": (16, (0xF00, 0xF0, 0xF, 0xF000)),
                   "1555": (16, (0x7C00, 0x3E0, 0x1F, 0x8000)), "888": (32, (0xFF0000, 0xFF00, 0xFF, 0)),
                   "bgr888": (32, (0xFF, 0xFF00, 0xFF0000, 0)), "8888": (32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000)),
                   "rgba": (32, (0xFF000000, 0xFF0000, 0xFF00, 0xFF)), "101010": (32, (0x3FF00000, 0xFFC00, 0x3FF, 0)),
                   "676": (32, (0xFC000000, 0x7F000, 0x3F, 0))}
        for name, (bits, masks) in layouts.items():
            rows = []
            for row in self.rgba:
                line = b""
                for pixel in row:
                    value = 0
                    for sample, mask in zip(pixel, masks):
                        if mask:
                            low = (mask & -mask).bit_length() - 1
                            value |= (sample * (mask >> low) // 255) << low
                    line += value.to_bytes(bits // 8, "little")
                rows.append(line)
            for header in (40, 56, 108, 124):
                if header == 40 and masks[3]:
                    continue
                shown = masks if header > 40 else masks[:3]
                add(f"bmp-bf{name}-v{header}.bmp", raw.bmp(WIDTH, HEIGHT, bits, raw.bmp_rows(rows), header, 3, masks=shown))
        rows = [b"".join((((r >> 3) << 10) | ((g >> 3) << 5) | b >> 3).to_bytes(2, "little") for r, g, b in row) for row in RGB]
        add("bmp-16.bmp", raw.bmp(WIDTH, HEIGHT, 16, raw.bmp_rows(rows)))
        for what, alpha in (("a0", lambda a: 0), ("a255", lambda a: 255), ("alpha", lambda a: a)):
            rows = [bytes(c for r, g, b, a in row for c in (b, g, r, alpha(a))) for row in self.rgba]
            add(f"bmp-32-{what}.bmp", raw.bmp(WIDTH, HEIGHT, 32, raw.bmp_rows(rows)))
            add(f"bmp-32-bf40-{what}.bmp", raw.bmp(WIDTH, HEIGHT, 32, raw.bmp_rows(rows), 40, 3, masks=(0xFF0000, 0xFF00, 0xFF)))
            add(f"bmp-32-v5-{what}.bmp", raw.bmp(WIDTH, HEIGHT, 32, raw.bmp_rows(rows), 124, 3, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000)))

    def tiff_files(self):
        flat = lambda rows: b"".join(bytes(row) for row in rows)
        for big_tiff in (False, True):
            for big_endian in (False, True):
                order = ("be" if big_endian else "le") + ("-big" if big_tiff else "")
                kinds = {"rgb8": (2, 8, RGB), "rgb16": (2, 16, RGB), "grey8": (1, 8, GREY), "grey16": (1, 16, GREY), "white8": (0, 8, GREY),
                         "bits1": (1, 1, GREY), "white1": (0, 1, GREY), "grey2": (1, 2, GREY), "grey4": (1, 4, GREY), "white4": (0, 4, GREY), "palette4": (3, 4, GREY), "palette8": (3, 8, GREY),
                         "rgba8": (2, 8, self.rgba), "greyalpha8": (1, 8, [list(zip(*r)) for r in zip(GREY, ALPHA)]), "rgba16": (2, 16, self.rgba),
                         "greyalpha16": (1, 16, [list(zip(*r)) for r in zip(GREY, ALPHA)]),
                         "cmyk8": (5, 8, [[tuple(255 - c for c in p) + (0,) for p in row] for row in RGB])}
                for name, (photometric, bits, rows) in kinds.items():
                    if big_tiff and name not in ("rgb8", "grey8", "rgba8", "palette8", "rgb16"):
                        continue
                    self.add(f"tiff-{name}-{order}.tif", self.tiff(photometric, bits, rows, big_endian, big_tiff))
        for bits in (8, 16):
            for layout in ("planar", "strips", "tiles", "planar-tiles"):
                self.add(f"tiff-rgb{bits}-{layout}.tif", self.tiff(2, bits, RGB, layout=layout))
        self.add("tiff-grey8-tiles.tif", self.tiff(1, 8, GREY, layout="tiles"))
        self.add("tiff-rgba8-planar.tif", self.tiff(2, 8, self.rgba, layout="planar"))
        for extra in (0, 1):
            self.add(f"tiff-rgba8-extra{extra}.tif", self.tiff(2, 8, self.rgba, extra=extra))
        for turn in range(1, 9):
            self.add(f"tiff-turn{turn}.tif", self.tiff(2, 8, RGB, turn=turn))
        source = self.scratch / "source.tif"
        source.write_bytes(self.tiff(2, 8, RGB))
        grey = self.scratch / "grey.tif"
        grey.write_bytes(self.tiff(1, 8, GREY))
        bits = self.scratch / "bits.tif"
        bits.write_bytes(self.tiff(0, 1, GREY))
        for method in ("none", "packbits", "lzw", "lzw:2", "zip", "zip:2", "lzma", "zstd", "webp", "jpeg", "jpeg:r"):
            for place in ((), ("-t", "-w", "32", "-l", "32"), ("-p", "separate")):
                what = method.replace(":", "p") + {0: "", 2: "-separate", 5: "-tiles"}[len(place)]
                if method in ("webp", "jpeg") and len(place) == 2:
                    continue
                self.run(f"tiff-{what}.tif", "tiffcp", "-c", method, *place, source, "OUT")
            if method not in ("webp", "jpeg:r"):
                self.run(f"tiff-grey-{method.replace(':', 'p')}.tif", "tiffcp", "-c", method, grey, "OUT")
        for method in ("g3", "g3:2d", "g4", "lzw", "packbits", "zip"):
            self.run(f"tiff-bits-{method.replace(':', '')}.tif", "tiffcp", "-c", method, bits, "OUT")
        for kind, arguments in {"float32": ("-define", "quantum:format=floating-point", "-depth", "32"), "uint32": ("-depth", "32"),
                                "lab": ("-colorspace", "Lab"), "ycbcr": ("-colorspace", "YCbCr"), "cmyk16": ("-colorspace", "CMYK", "-depth", "16"),
                                "jpeg": ("-compress", "JPEG"), "zip": ("-compress", "Zip"), "fax": ("-monochrome", "-compress", "Fax"), "group4": ("-monochrome", "-compress", "Group4")}.items():
            self.im(f"tiff-im-{kind}.tif", *arguments)
        self.im("tiff-im-rgba16.tif", "-depth", "16", source=self.alpha_png)
        self.im("tiff-im-pages.tif", "(", "+clone", "-negate", ")")
        if self.icc:
            self.im("tiff-im-icc.tif", "-profile", self.icc)

    def tiff(self, photometric, bits, rows, big_endian=False, big_tiff=False, layout="", turn=0, extra=2):
        file = raw.Tiff(big_endian, big_tiff)
        top = (1 << bits) - 1
        pixels = [[p if isinstance(p, tuple) else (p,) for p in row] for row in rows]
        channels = len(pixels[0][0])
        stated = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4}[photometric]
        pixels = [[tuple((255 - s if photometric == 0 else s) * top // 255 for s in p) for p in row] for row in pixels]
        file.tag(256, WIDTH), file.tag(257, HEIGHT), file.tag(258, [bits] * channels)
        file.tag(259, 1), file.tag(262, photometric), file.tag(277, channels)
        if channels > stated:
            file.tag(338, [extra] * (channels - stated))
        if photometric == 3:
            table = [(i * 65535 // top, 65535 - i * 40000 // top, i * 20000 // top) for i in range(top + 1)]
            file.tag(320, [entry[c] for c in range(3) for entry in table])
        if turn:
            file.tag(274, turn)
        planes = [[[(p[c],) for p in row] for row in pixels] for c in range(channels)] if "planar" in layout else [pixels]
        file.tag(284, 2 if "planar" in layout else 1)
        pack = lambda row: (b"".join(struct.pack(file.order + "H", s) for p in row for s in p) if bits == 16 else
                            raw.rows_to_bits([[s for p in row for s in p]], bits))
        if "tiles" in layout:
            side = 16
            file.tag(322, side), file.tag(323, side)
            blocks = []
            for plane in planes:
                empty = (0,) * len(plane[0][0])
                for y in range(0, HEIGHT, side):
                    for x in range(0, WIDTH, side):
                        tile = [(row[x:x + side] + [empty] * side)[:side] for row in plane[y:y + side]]
                        tile += [[empty] * side] * (side - len(tile))
                        blocks.append(b"".join(pack(row) for row in tile))
            return file.bytes(blocks, True)
        step = 8 if layout else HEIGHT
        file.tag(278, step)
        return file.bytes([b"".join(pack(r) for r in plane[y:y + step]) for plane in planes for y in range(0, HEIGHT, step)])

    def jpeg_files(self):
        kinds = {"base": (), "progressive": ("-progressive",), "arithmetic": ("-arithmetic",), "arithmetic-progressive": ("-arithmetic", "-progressive"),
                 "optimised": ("-optimize",), "restart": ("-restart", "1"), "rgb": ("-rgb",), "q100": ("-quality", "100"), "q30": ("-quality", "30"),
                 "444": ("-sample", "1x1"), "422": ("-sample", "2x1"), "440": ("-sample", "1x2"), "411": ("-sample", "4x1"), "420": ("-sample", "2x2"), "441": ("-sample", "1x4")}
        for name, arguments in kinds.items():
            self.run(f"jpeg-{name}.jpg", "cjpeg", *arguments, "-outfile", "OUT", self.ppm)
        for name, arguments in {"grey": (), "grey-progressive": ("-progressive",), "grey-arithmetic": ("-arithmetic",)}.items():
            self.run(f"jpeg-{name}.jpg", "cjpeg", "-grayscale", *arguments, "-outfile", "OUT", self.pgm)
        self.im("jpeg-cmyk.jpg", "-colorspace", "CMYK", "-quality", "95")
        cmyk = self.make("cmyk.jpg", self.magick, self.ppm, "-colorspace", "CMYK", "-quality", "95", "OUT")
        if cmyk:
            self.add("jpeg-cmyk-noadobe.jpg", raw.without_segment(cmyk, 0xEE))
            adobe = b"Adobe\0\x64\0\0\0\0"
            self.add("jpeg-ycck.jpg", raw.after_soi(raw.without_segment(cmyk, 0xEE), raw.jpeg_segment(0xEE, adobe + b"\2")))
            self.add("jpeg-adobe0.jpg", raw.after_soi(raw.without_segment(cmyk, 0xEE), raw.jpeg_segment(0xEE, adobe + b"\0")))
        base = self.make("base.jpg", "cjpeg", "-quality", "92", "-outfile", "OUT", self.ppm)
        if not base:
            return
        self.jpeg = base
        for turn in range(1, 9):
            for big_endian in (False, True):
                segment = raw.jpeg_segment(0xE1, b"Exif\0\0" + raw.exif(turn, big_endian))
                self.add(f"jpeg-exif{turn}{'-be' if big_endian else ''}.jpg", raw.after_soi(base, segment))
        self.add("jpeg-exif6-long.jpg", raw.after_soi(base, raw.jpeg_segment(0xE1, b"Exif\0\0" + raw.exif(6, kind=4))))
        self.add("jpeg-exif9.jpg", raw.after_soi(base, raw.jpeg_segment(0xE1, b"Exif\0\0" + raw.exif(9))))
        self.add("jpeg-exif-damaged.jpg", raw.after_soi(base, raw.jpeg_segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\x7f")))
        self.add("jpeg-comment.jpg", raw.after_soi(base, raw.jpeg_segment(0xFE, b"hello" * 100)))
        self.add("jpeg-app13.jpg", raw.after_soi(base, raw.jpeg_segment(0xED, b"Photoshop 3.0\0" + bytes(40))))
        self.add("jpeg-nojfif.jpg", raw.without_segment(base, 0xE0))
        self.add("jpeg-noeoi.jpg", base[:-2])
        self.add("jpeg-trailing.jpg", base + b"something after the end" * 20)
        self.add("jpeg-two.jpg", base + base)
        self.add("jpeg-fill.jpg", base[:2] + b"\xff" * 5 + base[2:])
        self.add("jpeg-garbage.jpg", base[:2] + b"\0\1\2\3garbage" + base[2:])
        self.add("jpeg-garbage-segment.jpg", raw.after_soi(base, raw.jpeg_segment(0xE5, bytes(range(256)) * 2)))
        self.add("jpeg-named.png", base)
        if self.icc:
            icc = raw.jpeg_segment(0xE2, b"ICC_PROFILE\0\1\1" + self.icc.read_bytes())
            self.add("jpeg-icc.jpg", raw.after_soi(base, icc))
        try:
            import imagecodecs  # optional: nothing in Debian 12 writes 12 bits
            import numpy
            deep = numpy.array(RGB, numpy.uint16) * 16
            self.add("jpeg-12bit.jpg", imagecodecs.jpeg_encode(deep, level=95, bitspersample=12))
            self.add("jpeg-lossless.jpg", imagecodecs.ljpeg_encode(numpy.array(GREY, numpy.uint8)))
        except (ImportError, ValueError, RuntimeError) as error:
            print(f"jpeg-12bit: {error}")

    def gif_files(self):
        self.im("gif-plain.gif", "-colors", "64")
        self.im("gif-interlaced.gif", "-colors", "64", "-interlace", "GIF")
        self.im("gif-two.gif", "-colors", "2")
        self.im("gif-grey.gif", source=self.pgm)
        self.im("gif-alpha.gif", "-channel", "A", "-threshold", "50%", "+channel", source=self.alpha_png)
        self.im("gif-animated.gif", "(", "+clone", "-negate", ")", "-set", "delay", "10")
        self.im("gif-offset.gif", "-colors", "16", "-repage", "80x60+10+8")
        plain = self.make("g.gif", self.magick, self.ppm, "-colors", "64", "OUT")
        self.add("gif-87a.gif", b"GIF87a" + plain[6:])

    def webp_files(self):
        for name, arguments in {"lossy": ("-q", "90"), "lossless": ("-lossless",), "near": ("-near_lossless", "60")}.items():
            self.run(f"webp-{name}.webp", "cwebp", "-quiet", *arguments, self.png, "-o", "OUT")
            self.run(f"webp-{name}-alpha.webp", "cwebp", "-quiet", *arguments, self.alpha_png, "-o", "OUT")
        self.run("webp-named.jpg", "cwebp", "-quiet", "-q", "90", self.png, "-o", "OUT")
        self.run("webp-animated.webp", "img2webp", "-d", "100", "-lossless", self.png, self.alpha_png, "-o", "OUT")
        lossy = self.scratch / "lossy.webp"
        self.run("lossy.webp", "cwebp", "-quiet", "-q", "92", self.png, "-o", "OUT", path=lossy)
        for turn in (1, 3, 6, 8):
            block = self.scratch / "exif.bin"
            block.write_bytes(raw.exif(turn))
            self.run(f"webp-exif{turn}.webp", "webpmux", "-set", "exif", block, lossy, "-o", "OUT")
        if self.icc:
            self.run("webp-icc.webp", "webpmux", "-set", "icc", self.icc, lossy, "-o", "OUT")

    def heif_files(self):
        jpegs = {}
        for turn in (3, 6, 8, 2):
            jpegs[turn] = self.scratch / f"turn{turn}.jpg"
            jpegs[turn].write_bytes(raw.after_soi(self.jpeg, raw.jpeg_segment(0xE1, b"Exif\0\0" + raw.exif(turn))))
        for kind, flag in (("heic", ()), ("avif", ("-A",))):
            self.run(f"{kind}-plain.{kind}", "heif-enc", *flag, "-q", "92", self.png, "-o", "OUT")
            self.run(f"{kind}-lossless.{kind}", "heif-enc", *flag, "-L", self.png, "-o", "OUT")
            self.run(f"{kind}-alpha.{kind}", "heif-enc", *flag, "-q", "92", self.alpha_png, "-o", "OUT")
            self.run(f"{kind}-10bit.{kind}", "heif-enc", *flag, "-q", "92", "-b", "10", self.deep_png, "-o", "OUT")
            self.run(f"{kind}-named.jpg", "heif-enc", *flag, "-q", "92", self.png, "-o", "OUT")
            for turn, path in jpegs.items():
                self.run(f"{kind}-turn{turn}.{kind}", "heif-enc", *flag, "-q", "92", path, "-o", "OUT")
        for name, arguments in {"yuv444": ("-y", "444"), "yuv422": ("-y", "422"), "yuv400": ("-y", "400"), "limited": ("-r", "limited"), "irot1": ("--irot", "1"),
                                "irot3": ("--irot", "3"), "imir0": ("--imir", "0"), "imir1": ("--imir", "1"), "12bit": ("-d", "12")}.items():
            self.run(f"avif-enc-{name}.avif", "avifenc", "-s", "8", *arguments, self.png, "OUT")

    def jpeg2000_files(self):
        grey = self.scratch / "motif.pgm"
        for name, arguments in {"lossless": (), "lossy": ("-r", "4"), "tiles": ("-t", "32,32"), "resolutions": ("-n", "2")}.items():
            for extension in ("jp2", "j2k"):
                self.run(f"jp2-{name}.{extension}", "opj_compress", "-i", self.ppm, "-o", "OUT", *arguments)
        self.run("jp2-grey.jp2", "opj_compress", "-i", grey, "-o", "OUT")
        self.run("jp2-alpha.jp2", "opj_compress", "-i", self.alpha_png, "-o", "OUT")
        self.run("jp2-deep.jp2", "opj_compress", "-i", self.deep_png, "-o", "OUT")

    def netpbm_files(self):
        size = b"%d %d\n" % (WIDTH, HEIGHT)
        text = lambda rows: b"\n".join(b" ".join(b"%d" % v for v in row) for row in rows) + b"\n"
        bits = [[int(v < 110) for v in row] for row in GREY]
        flat_rgb = [[c for p in row for c in p] for row in RGB]
        self.add("pnm-p1.pbm", b"P1\n# comment\n" + size + text(bits))
        self.add("pnm-p2.pgm", b"P2\n" + size + b"255\n" + text(GREY))
        self.add("pnm-p3.ppm", b"P3\n" + size + b"# one more\n255\n" + text(flat_rgb))
        self.add("pnm-p4.pbm", b"P4\n" + size + b"".join(raw.rows_to_bits([row], 1) for row in bits))
        for top in (15, 100, 255, 1023, 65535):
            for kind, rows in (("p5", GREY), ("p6", flat_rgb)):
                values = [v * top // 255 for row in rows for v in row]
                data = bytes(values) if top < 256 else b"".join(struct.pack(">H", v) for v in values)
                self.add(f"pnm-{kind}-{top}.{'pgm' if kind == 'p5' else 'ppm'}", kind.upper().encode() + b"\n" + size + b"%d\n" % top + data)
        for kind, depth, rows in (("RGB", 3, RGB), ("RGB_ALPHA", 4, self.rgba), ("GRAYSCALE", 1, [[(v,) for v in r] for r in GREY])):
            self.add(f"pam-{kind.lower()}.pam", b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL 255\nTUPLTYPE %s\nENDHDR\n" % (
                WIDTH, HEIGHT, depth, kind.encode()) + bytes(c for row in rows for p in row for c in p))

    def tga_and_icons(self):
        for depth in (16, 24, 32):
            pixels = b""
            for row in reversed(self.rgba):
                for r, g, b, a in row:
                    pixels += (((r >> 3) << 10 | (g >> 3) << 5 | b >> 3).to_bytes(2, "little") if depth == 16 else bytes((b, g, r, a))[:depth // 8])
            bits = 8 if depth == 32 else 0
            self.add(f"tga-{depth}.tga", raw.tga(WIDTH, HEIGHT, 2, depth, pixels, bits))
            self.add(f"tga-{depth}-rle.tga", raw.tga(WIDTH, HEIGHT, 10, depth, raw.tga_rle(pixels, depth // 8), bits))
            flipped = b"".join(pixels[i:i + WIDTH * depth // 8] for i in reversed(range(0, len(pixels), WIDTH * depth // 8)))
            self.add(f"tga-{depth}-topdown.tga", raw.tga(WIDTH, HEIGHT, 2, depth, flipped, bits | 0x20, footer=False))
        grey = b"".join(bytes(row) for row in reversed(GREY))
        self.add("tga-grey.tga", raw.tga(WIDTH, HEIGHT, 3, 8, grey))
        self.add("tga-grey-rle.tga", raw.tga(WIDTH, HEIGHT, 11, 8, raw.tga_rle(grey, 1)))
        self.add("tga-palette.tga", raw.tga(WIDTH, HEIGHT, 1, 8, grey, palette=bytes(c for i in range(256) for c in (i, 255 - i, i // 2)), palette_bits=24))
        mask = raw.bmp_rows([bytes((WIDTH + 7) // 8)] * HEIGHT)
        rows = raw.bmp_rows([bytes(c for r, g, b, a in row for c in (b, g, r, a)) for row in self.rgba])
        dib = lambda bits, data, palette=b"": struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT * 2, 1, bits, 0, len(data), 0, 0, len(palette) // 4, 0) + palette + data + mask
        deep = dib(32, rows)
        true = dib(24, raw.bmp_rows([bytes(c for r, g, b in row for c in (b, g, r)) for row in RGB]))
        table = bytes(c for i in range(256) for c in (i, 255 - i, i // 2, 0))
        indexed = dib(8, raw.bmp_rows([bytes(row) for row in GREY]), table)
        coded = self.alpha_png.read_bytes()
        for name, bits, data in (("32", 32, deep), ("24", 24, true), ("8", 8, indexed), ("png", 32, coded)):
            self.add(f"ico-{name}.ico", raw.icon([(WIDTH, HEIGHT, bits, data)]))
        self.add("ico-cursor.cur", raw.icon([(WIDTH, HEIGHT, 32, deep)], True))

    def others(self):
        for extension in ("pcx", "sgi", "psd", "xpm", "xbm", "ras", "dds", "exr", "hdr", "miff", "fits", "jng", "mng", "wbmp", "viff", "pict", "palm", "dpx", "cin", "jxl", "jbig", "otb", "rgbe", "pfm", "farbfeld"):
            self.im(f"other-{extension}.{extension}")

    def damaged(self):
        files = {"png": raw.png(2, 8, RGB), "bmp": raw.bmp(WIDTH, HEIGHT, 24, raw.bmp_rows([bytes(c for p in row for c in p) for row in RGB])),
                 "tif": self.tiff(2, 8, RGB), "jpg": self.jpeg, "ppm": self.ppm.read_bytes()}
        for name in ("webp-lossy.webp", "gif-plain.gif", "heic-plain.heic", "avif-plain.avif", "jp2-lossless.jp2", "jpeg-progressive.jpg", "tga-24.tga"):
            if (self.folder / name).exists():
                files[name.split("-")[1].replace("plain", name.split("-")[0]).replace("lossy", "webp").replace(".", "-") + "." + name.split(".")[1]] = (self.folder / name).read_bytes()
        for name, data in files.items():
            extension = name.split(".")[-1]
            for share in (30, 60, 90):
                self.add(f"bad-{name.replace('.', '-')}-{share}.{extension}", data[:len(data) * share // 100])
        self.add("bad-png-huge.png", raw.png(2, 8, RGB).replace(struct.pack(">II", WIDTH, HEIGHT), struct.pack(">II", 60000, 60000)))
        self.add("bad-bmp-huge.bmp", files["bmp"].replace(struct.pack("<ii", WIDTH, HEIGHT), struct.pack("<ii", 60000, 60000)))
        self.add("bad-jpg-start.jpg", self.jpeg[:3])
        self.add("bad-png-start.png", files["png"][:20])

    def forbidden(self):
        self.add("no-text.txt", b"just some text\n" * 20)
        self.add("no-text.jpg", b"just some text\n" * 20)
        self.add("no-svg.svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="40" height="30" fill="red"/></svg>')
        self.add("no-svg.png", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" height="30"><image xlink:href="file:///etc/passwd"/></svg>')
        self.add("no-mvg.mvg", b"push graphic-context\nviewbox 0 0 40 30\nimage over 0,0 0,0 'label:@/etc/passwd'\npop graphic-context\n")
        self.add("no-ps.ps", b"%!PS-Adobe-3.0\nshowpage\n")
        self.add("no-eps.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 30\nshowpage\n")
        self.add("no-pdf.pdf", b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n")
        self.add("no-csv.csv", b"1,2,3\n4,5,6\n")
        self.add("no-zeros.bmp", bytes(4000))
        self.add("no-empty.png", b"")


def main():
    corpus = Corpus(sys.argv[1])
    corpus.all()
    print(f"{corpus.count} pictures in {corpus.folder}")
    if corpus.missing:
        print("left out for want of:", " ".join(sorted(map(str, corpus.missing))))


if __name__ == "__main__":
    main()
