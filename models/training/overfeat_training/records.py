# SPDX-License-Identifier: Apache-2.0
"""What all readers deliver: labelled pictures with one box each, and one-sentence errors about them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError


class RecipeError(Exception):
    """Something the user can put right; the text is one sentence: what, where, what to do."""


@dataclass(frozen=True)
class Label:
    """One class: a stable id and a readable name."""

    wnid: str
    name: str


@dataclass(frozen=True)
class Record:
    """One object in one picture. The box is x1, y1, x2, y2 in pixels, right and bottom exclusive."""

    where: str
    load: Callable[[], bytes]
    label: int
    box: tuple[float, float, float, float]


def decode(data: bytes, where: str) -> Image.Image:
    """The picture as RGB, or a RecipeError naming the file."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return picture.convert("RGB")
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        SyntaxError,
        ValueError,
    ) as error:
        raise RecipeError(
            f"{where}: the picture cannot be decoded ({error}); remove it or replace it"
        ) from error


def check_box(record: Record, width: int, height: int) -> None:
    """Boxes must have an area and lie inside the picture (half a pixel of slack for rounding)."""
    x1, y1, x2, y2 = record.box
    inside = -0.5 <= x1 < x2 <= width + 0.5 and -0.5 <= y1 < y2 <= height + 0.5
    if not inside:
        raise RecipeError(
            f"{record.where}: the box {x1:g},{y1:g},{x2:g},{y2:g} is empty or leaves the "
            f"{width}x{height} picture; correct the annotation"
        )


def require(path: Path, what: str) -> Path:
    """The path if it exists, or a RecipeError saying which file is missing."""
    if not path.exists():
        raise RecipeError(f"{path}: {what} is missing; check the data folder")
    return path
