# SPDX-License-Identifier: Apache-2.0
"""Decoded pictures on disk: one uint8 array, one label array, one box array per split.

Every record becomes one square picture of `SIDE` pixels. A picture that is already that large is taken as it
is; from a larger one a square region around the object with context is cut out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from .records import Label, RecipeError, Record, check_box, decode

SIDE = 64
CONTEXT = 1.6


@dataclass(frozen=True)
class Pictures:
    """One split in memory (the pictures memory-mapped)."""

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    boxes: npt.NDArray[np.float32]
    classes: list[Label]


def _square(
    picture: Image.Image, box: tuple[float, float, float, float]
) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """The SIDE x SIDE picture of one record and its box in that picture."""
    if picture.size == (SIDE, SIDE):
        return picture, box
    width, height = picture.size
    x1, y1, x2, y2 = box
    side = min(CONTEXT * max(x2 - x1, y2 - y1), float(max(width, height)))
    left = min(max((x1 + x2 - side) / 2, 0.0), max(width - side, 0.0))
    top = min(max((y1 + y2 - side) / 2, 0.0), max(height - side, 0.0))
    right, bottom = min(left + side, width), min(top + side, height)
    cut = picture.resize(
        (SIDE, SIDE), Image.Resampling.BICUBIC, box=(left, top, right, bottom)
    )
    sx, sy = SIDE / (right - left), SIDE / (bottom - top)
    return cut, ((x1 - left) * sx, (y1 - top) * sy, (x2 - left) * sx, (y2 - top) * sy)


def write_cache(
    folder: Path, split: str, records: Iterable[Record], classes: list[Label]
) -> int:
    """Decode all records into `folder`; returns how many there were."""
    pixels_path = folder / f"{split}.pixels"
    labels: list[int] = []
    boxes: list[tuple[float, float, float, float]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(f"{pixels_path}.part", "wb") as out:
            for record in records:
                picture = decode(record.load(), record.where)
                check_box(record, *picture.size)
                square, box = _square(picture, record.box)
                out.write(square.tobytes())
                labels.append(record.label)
                boxes.append(box)
        os.replace(f"{pixels_path}.part", pixels_path)
        np.save(folder / f"{split}.labels.npy", np.asarray(labels, np.int64))
        np.save(folder / f"{split}.boxes.npy", np.asarray(boxes, np.float32))
        text = json.dumps([[c.wnid, c.name] for c in classes])
        (folder / "classes.json").write_text(text, encoding="utf-8")
    except OSError as error:
        raise RecipeError(
            f"{folder}: the cache cannot be written ({error.strerror}); free some space or give another folder"
        ) from error
    if not labels:
        raise RecipeError(f"{folder}: the split {split} has no pictures; check --data")
    return len(labels)


def sample(pictures: Pictures, count: int) -> Pictures:
    """An even sample of so many pictures; all of them for 0."""
    every = max(len(pictures.labels) // count, 1) if count else 1
    return Pictures(
        pictures.pixels[::every],
        pictures.labels[::every],
        pictures.boxes[::every],
        pictures.classes,
    )


def open_cache(folder: Path, split: str) -> Pictures:
    """The split as written by `write_cache`."""
    try:
        labels = np.load(folder / f"{split}.labels.npy")
        boxes = np.load(folder / f"{split}.boxes.npy")
        names = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
        shape = (len(labels), SIDE, SIDE, 3)
        pixels = np.memmap(folder / f"{split}.pixels", np.uint8, "r", shape=shape)
    except (OSError, ValueError) as error:
        raise RecipeError(
            f"{folder}: no usable cache of the split {split} ({error}); "
            "run `python -m overfeat_training.prepare` first"
        ) from error
    return Pictures(pixels, labels, boxes, [Label(w, n) for w, n in names])
