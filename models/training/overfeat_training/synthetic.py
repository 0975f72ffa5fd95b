# SPDX-License-Identifier: Apache-2.0
"""A tiny made-up data set (four shapes on plain ground), so that the recipe can be tried without data."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator

from PIL import Image, ImageDraw

from .cache import SIDE
from .records import Label, Record

SHAPES = ("disc", "square", "triangle", "ring")
COUNTS = {"train": 640, "val": 100}


def synthetic_classes() -> list[Label]:
    """The four shapes."""
    return [Label(f"shape-{name}", name) for name in SHAPES]


def synthetic_records(split: str) -> Iterator[Record]:
    """The same pictures every time."""
    for index in range(COUNTS.get(split, 100)):
        yield synthetic_record(index, split)


def synthetic_record(index: int, split: str) -> Record:
    """One picture, stored without loss."""
    dice = random.Random(f"{split}{index}")
    ground = tuple(dice.randrange(60, 200) for _ in range(3))
    colour = tuple((c + 128) % 256 for c in ground)
    picture = Image.new("RGB", (SIDE, SIDE), ground)
    draw = ImageDraw.Draw(picture)
    side = dice.randrange(20, 48)
    x, y = dice.randrange(SIDE - side), dice.randrange(SIDE - side)
    corners = [x, y, x + side - 1, y + side - 1]
    label = index % len(SHAPES)
    if label == 0:
        draw.ellipse(corners, fill=colour)
    elif label == 1:
        draw.rectangle(corners, fill=colour)
    elif label == 2:
        draw.polygon(
            [(x, y + side - 1), (x + side - 1, y + side - 1), (x + side // 2, y)],
            fill=colour,
        )
    else:
        draw.ellipse(corners, outline=colour, width=4)
    stored = io.BytesIO()
    picture.save(stored, "PNG")
    data = stored.getvalue()
    box = (float(x), float(y), float(x + side), float(y + side))
    return Record(f"synthetic/{split}/{index}", lambda: data, label, box)
