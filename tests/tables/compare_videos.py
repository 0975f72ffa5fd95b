#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A table of videos as app/video reads them beside what ffmpeg and ffprobe say of them.

    tests/tables/compare_videos.py --dump build/dev/bin/dump_video FOLDER|FILE...

One line a file: pictures, sizes, times, and the mean absolute difference of the pixels. What differs is marked
with '!', and the exit code is 1. Needs ffmpeg, ffprobe and numpy.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

import numpy

TIME_TOLERANCE_S = 0.0015  # clocks of a thousandth


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, timeout=300)


def ours(dump, path):
    """(facts, [(time, width, height)], pixels, how it ended) of app/video."""
    done = run(dump, path, "--pixels")
    lines = [json.loads(line) for line in done.stderr.decode(errors="replace").splitlines()
             if line.startswith("{")]
    refused = [line["refused"] for line in lines if "refused" in line]
    pictures = [(line["time"], line["width"], line["height"]) for line in lines if "index" in line]
    ends = [line["end"] for line in lines if "end" in line]
    end = refused[0] if refused else ends[0] if ends else f"died ({done.returncode})"
    return pictures, done.stdout, end


def probe(path):
    """(start, times of the pictures on screen, has transparent parts) as ffprobe tells."""
    done = run("ffprobe", "-v", "quiet", "-of", "json", "-select_streams", "V:0", "-show_entries",
               "format=start_time:stream=pix_fmt,sample_aspect_ratio,width,height"
               ":frame=best_effort_timestamp_time", path)
    told = json.loads(done.stdout or b"{}")
    # Containers without times of their own have none here; their pictures are counted.
    times = [float(frame.get("best_effort_timestamp_time", "nan"))
             for frame in told.get("frames", [])]
    start = float(told.get("format", {}).get("start_time", times[0] if times else 0))
    formats = [stream.get("pix_fmt", "") for stream in told.get("streams", [])]
    transparent = any("a" in name.replace("gray", "").replace("pal8", "a") for name in formats)
    return start, times, transparent


def shown_times(path):
    """The times at which ffmpeg shows the pictures: where a second recording follows the first in one file, its
    clock goes on, and what ffprobe tells goes back."""
    told = run("ffmpeg", "-i", path, "-map", "0:V:0", "-fps_mode", "passthrough", "-vf", "showinfo", "-f", "null", "-")
    return [float(time) for time in re.findall(r"pts_time:([0-9.]+)", told.stderr.decode(errors="replace"))]


def theirs(path, transparent):
    """The pixels as ffmpeg shows them, upright and with square pixels, each picture in its own size."""
    filters = "scale=iw*sar:ih,setsar=1"
    arguments = ["ffmpeg", "-v", "quiet", "-i", path, "-map", "0:V:0", "-fps_mode", "passthrough", "-autoscale", "0"]
    pixels = "rgba" if transparent else "rgb24"
    shown = run(*arguments, "-vf", filters, "-f", "rawvideo", "-pix_fmt", pixels, "-").stdout
    if not transparent:
        return shown
    rgba = numpy.frombuffer(shown, numpy.uint8).reshape(-1, 4).astype(numpy.int32)
    on_white = (rgba[:, :3] * rgba[:, 3:] + 255 * (255 - rgba[:, 3:]) + 127) // 255
    return on_white.astype(numpy.uint8).tobytes()


def row(dump, path):
    pictures, pixels, end = ours(dump, path)
    start, times, transparent = probe(path)
    marks = []
    if len(pictures) != len(times) and times:
        marks.append("pictures")
    text = f"{len(pictures):5} {len(times):5}  "
    if not pictures:
        return f"{text}{'':9} {'':7} {'':7}  {end}", bool(times), []
    sizes = [(width, height) for _, width, height in pictures]
    if any(later < earlier for earlier, later in zip(times, times[1:])):
        start, times = 0, shown_times(path)
    worst = max((abs(ours_s - (theirs_s - start))
                 for (ours_s, _, _), theirs_s in zip(pictures, times)
                 if theirs_s == theirs_s), default=0)
    if worst > TIME_TOLERANCE_S:
        marks.append("times")
    difference = float("nan")
    raw = theirs(path, transparent)
    if raw:
        count = min(len(raw), len(pixels))
        if len(raw) != sum(3 * width * height for width, height in sizes):
            marks.append("size")
        a = numpy.frombuffer(pixels[:count], numpy.uint8).astype(numpy.int16)
        b = numpy.frombuffer(raw[:count], numpy.uint8)
        difference = float(numpy.abs(a - b).mean()) if count else difference
        if not difference <= 0.6:
            marks.append("pixels")
    shown = " ".join(f"{width}x{height}" for width, height in dict.fromkeys(sizes))
    return f"{text}{shown:9} {worst:7.4f} {difference:7.3f}  {end}", bool(marks), marks


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dump", required=True, help="the program dump_video")
    parser.add_argument("inputs", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    files = []
    for given in options.inputs:
        files += sorted(p for p in given.iterdir() if p.is_file()) if given.is_dir() else [given]
    print("  pictures   size      time    pixels\n ours  ffmpeg           max s   mean    end")
    wrong = 0
    for path in files:
        text, bad, marks = row(options.dump, path)
        wrong += bad
        print(f"{'!' if bad else ' '}{text}  {path.name}  {' '.join(marks)}".rstrip(), flush=True)
    print(f"{len(files)} files, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
