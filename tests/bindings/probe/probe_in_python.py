# SPDX-License-Identifier: Apache-2.0
"""The probe in Python (probe.h)."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import overfeat


def read(folder: str, number: int) -> np.ndarray:
    """A binary PPM as make_pictures() of compare.py writes it."""
    magic, size, highest, pixels = (
        (Path(folder) / f"{number}.ppm").read_bytes().split(b"\n", 3)
    )
    assert magic == b"P6" and highest == b"255"
    width, height = map(int, size.split())
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


def same(model: str, folder: str, to: str) -> None:
    """What is seen in ten pictures."""
    recogniser = overfeat.Recogniser(model, threads=1)
    with open(to, "wb") as out:
        for number in range(10):
            picture = read(folder, number)
            seen = recogniser.recognise(picture, threshold=0)
            objects = [
                value
                for one in seen.objects
                for value in (
                    one.class_index,
                    one.score,
                    one.confidence,
                    one.votes,
                    *one.box,
                )
            ]
            for values, count in (
                (recogniser.features(picture), None),
                (seen.scores, None),
                (objects, len(seen.objects)),
            ):
                out.write(np.float64(len(values) if count is None else count).tobytes())
                out.write(np.asarray(values, np.float64).tobytes())


def speed(model: str, folder: str) -> None:
    """The features of one picture, again and again."""
    recogniser = overfeat.Recogniser(model, threads=1)
    picture = read(folder, 0)
    for line in filter(str.strip, sys.stdin):
        began = time.perf_counter()
        for _ in range(int(line)):
            recogniser.features(picture)
        print(f"{time.perf_counter() - began:.9f}", flush=True)


def cycles(model: str, folder: str) -> None:
    """Opening and closing, again and again."""
    picture = read(folder, 0)
    for line in filter(str.strip, sys.stdin):
        for _ in range(int(line)):
            with overfeat.Recogniser(model, threads=1) as recogniser:
                recogniser.features(picture)
                recogniser.classify(picture, views="centre")
        print(0, flush=True)


if __name__ == "__main__":
    {"same": same, "speed": speed, "cycles": cycles}[sys.argv[1]](*sys.argv[2:])
