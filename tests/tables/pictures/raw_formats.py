# SPDX-License-Identifier: Apache-2.0
"""Writers for the corners of picture formats that no tool writes: bytes by the specifications."""
import struct
import zlib


def rows_to_bits(values, bits):
    """Rows of small numbers packed from the high bit, each row to a whole byte."""
    packed = bytearray()
    for row in values:
        number = 0
        count = 0
        for value in row:
            number = number << bits | value
            count += bits
        fill = -count % 8
        packed += (number << fill).to_bytes((count + fill) // 8, "big")
    return bytes(packed)


# --- PNG ---------------------------------------------------------------------------------------

PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def png_chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(colour, depth, samples, interlace=False, before=(), palette=None):
    """`samples`: rows of pixels, a pixel is a tuple of samples in the depth of the file."""
    height, width = len(samples), len(samples[0])
    passes = [(0, 0, 1, 1)]
    if interlace:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
                  (0, 1, 1, 2)]
    data = bytearray()
    for left, top, step_x, step_y in passes:
        for y in range(top, height, step_y):
            row = [s for pixel in samples[y][left::step_x] for s in pixel]
            if not row:
                continue
            data += b"\0"
            data += b"".join(struct.pack(">H", s) for s in row) if depth == 16 else rows_to_bits(
                [row], depth)
    file = b"\x89PNG\r\n\x1a\n" + png_chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlace)))
    if palette:
        file += png_chunk(b"PLTE", bytes(c for entry in palette for c in entry))
    for name, chunk in before:
        file += png_chunk(name, chunk)
    return file + png_chunk(b"IDAT", zlib.compress(bytes(data))) + png_chunk(b"IEND", b"")


# --- BMP ---------------------------------------------------------------------------------------

def bmp(width, height, bits, pixels, header=40, compression=0, palette=(), masks=(), top_down=False,
        colours_used=None, entry_bytes=None):
    """`pixels`: the bytes as they are in the file; masks follow a header of 40 bytes."""
    stored_height = -height if top_down else height
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        used = len(palette) if colours_used is None else colours_used
        info = struct.pack("<IiiHHIIiiII", header, width, stored_height, 1, bits, compression,
                           len(pixels), 2835, 2835, used, 0)[:header]
        if header > 40:
            extra = b"".join(struct.pack("<I", m) for m in masks)
            if header >= 108:
                extra = extra.ljust(16, b"\0") + b"BGRs"
            info += extra[:header - 40].ljust(header - 40, b"\0")
        elif header == 40 and compression in (3, 6):
            info += b"".join(struct.pack("<I", m) for m in masks)
    size = entry_bytes or (3 if header == 12 else 4)
    table = b"".join(bytes((b, g, r, 0))[:size] for r, g, b in palette)
    offset = 14 + len(info) + len(table)
    return struct.pack("<2sIHHI", b"BM", offset + len(pixels), 0, 0, offset) + info + table + pixels


def bmp_rows(rows, top_down=False):
    """Rows of bytes, padded to four and put bottom up."""
    padded = [row + b"\0" * (-len(row) % 4) for row in rows]
    return b"".join(padded if top_down else reversed(padded))


def rle8(rows):
    data = bytearray()
    for row in reversed(rows):
        at = 0
        while at < len(row):
            run = 1
            while at + run < len(row) and run < 255 and row[at + run] == row[at]:
                run += 1
            if run == 1 and at + 4 <= len(row):  # an absolute run of four now and then
                data += bytes((0, 4)) + bytes(row[at:at + 4])
                at += 4
                continue
            data += bytes((run, row[at]))
            at += run
        data += b"\0\0"
    return bytes(data) + b"\0\1"


def rle4(rows):
    data = bytearray()
    for row in reversed(rows):
        for at in range(0, len(row), 2):
            pair = list(row[at:at + 2])
            data += bytes((len(pair), pair[0] << 4 | (pair[1] if len(pair) > 1 else 0)))
        data += b"\0\0"
    return bytes(data) + b"\0\1"


# --- TIFF --------------------------------------------------------------------------------------

class Tiff:
    """One directory with strips or tiles, both byte orders, BigTIFF too."""
    TYPES = {1: "B", 3: "H", 4: "I", 16: "Q"}

    def __init__(self, big_endian=False, big_tiff=False):
        self.order = ">" if big_endian else "<"
        self.big = big_tiff
        self.tags = {}

    def tag(self, number, values, kind=3):
        self.tags[number] = (kind, values if isinstance(values, (list, tuple)) else [values])

    def bytes(self, blocks, tiled=False):
        start = 16 if self.big else 8
        offsets = []
        for block in blocks:
            offsets.append(start)
            start += len(block)
        wide = 16 if self.big else 4
        self.tag(324 if tiled else 273, offsets, wide)
        self.tag(325 if tiled else 279, [len(b) for b in blocks], wide)
        body = b"".join(blocks)
        body += b"\0" * (start % 2)
        start += start % 2
        inline = 8 if self.big else 4
        extra_at = start + (8 + 20 * len(self.tags) + 8 if self.big else 2 + 12 * len(self.tags) + 4)
        entries, extra = b"", b""
        for number in sorted(self.tags):
            kind, values = self.tags[number]
            data = struct.pack(self.order + self.TYPES[kind] * len(values), *values)
            entries += struct.pack(self.order + ("HHQ" if self.big else "HHI"), number, kind,
                                   len(values))
            if len(data) <= inline:
                entries += data.ljust(inline, b"\0")
            else:
                entries += struct.pack(self.order + ("Q" if self.big else "I"),
                                       extra_at + len(extra))
                extra += data + b"\0" * (len(data) % 2)
        mark = b"MM" if self.order == ">" else b"II"
        if self.big:
            head = mark + struct.pack(self.order + "HHHQ", 43, 8, 0, start)
            directory = struct.pack(self.order + "Q", len(self.tags)) + entries + bytes(8)
        else:
            head = mark + struct.pack(self.order + "HI", 42, start)
            directory = struct.pack(self.order + "H", len(self.tags)) + entries + bytes(4)
        return head + body + directory + extra


# --- TGA and ICO -------------------------------------------------------------------------------

def tga(width, height, kind, depth, pixels, descriptor=0, palette=b"", palette_bits=0, footer=True):
    count = len(palette) // ((palette_bits + 7) // 8) if palette_bits else 0
    head = struct.pack("<BBBHHBHHHHBB", 0, int(bool(palette_bits)), kind, 0, count, palette_bits, 0, 0,
                       width, height, depth, descriptor)
    tail = bytes(8) + b"TRUEVISION-XFILE.\0" if footer else b""
    return head + palette + pixels + tail


def tga_rle(pixels, size):
    data = bytearray()
    for at in range(0, len(pixels), size):
        data += b"\x80" + pixels[at:at + size] if at % (3 * size) else b"\x00" + pixels[at:at + size]
    return bytes(data)


def icon(pictures, cursor=False):
    """`pictures`: (width, height, bits, data) where data is a PNG or a BMP without its file head."""
    head = struct.pack("<HHH", 0, 2 if cursor else 1, len(pictures))
    offset = 6 + 16 * len(pictures)
    body = b""
    for width, height, bits, data in pictures:
        head += struct.pack("<BBBBHHII", width % 256, height % 256, 0, 0, 0 if cursor else 1,
                            0 if cursor else bits, len(data), offset)
        offset += len(data)
        body += data
    return head + body


# --- EXIF --------------------------------------------------------------------------------------

def exif(orientation, big_endian=False, kind=3):
    order = ">" if big_endian else "<"
    value = struct.pack(order + ("HH" if kind == 3 else "I"), *((orientation, 0) if kind == 3
                                                              else (orientation,)))
    return ((b"MM" if big_endian else b"II") + struct.pack(order + "HI", 42, 8) +
            struct.pack(order + "H", 1) + struct.pack(order + "HHI", 0x112, kind, 1) + value + bytes(4))


def jpeg_segment(marker, data):
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def after_soi(jpeg, segment):
    return jpeg[:2] + segment + jpeg[2:]


def without_segment(jpeg, wanted):
    """`jpeg` without the header segments of this marker."""
    kept = jpeg[:2]
    at = 2
    while jpeg[at + 1] != 0xDA:
        end = at + 2 + struct.unpack(">H", jpeg[at + 2:at + 4])[0]
        if jpeg[at + 1] != wanted:
            kept += jpeg[at:end]
        at = end
    return kept + jpeg[at:]
