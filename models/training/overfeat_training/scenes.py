# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.scenes`: composed pictures with several objects, to measure detection on.

`test` scenes are made of validation pictures only, `tune` scenes of training pictures only, so thresholds can
be chosen on the latter without looking at the former. Everything follows from the seed: each scene has its own
generator, so the same command writes the same bytes, and scene 7 does not depend on how many there are.

Later objects lie over earlier ones. An object that would leave less than `VISIBLE` of any object's box in view
is moved, and given up after some tries. A box is the hull of what is still visible of it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from .cache import SIDE, Pictures, open_cache
from .prepare import prepare
from .records import RecipeError

CANVASES = ((640, 480), (640, 360), (480, 480), (480, 640), (800, 600))
SMALLEST, LARGEST = 40.0, 300.0
VISIBLE = 0.6
TRIES = 30
NARROWEST_STRIP = 14
SPLITS = {"test": "val", "tune": "train"}
COUNTS = {"test": 500, "tune": 200}

Image8 = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Placed:
    """One object: its class and its whole box (exclusive right and bottom edges)."""

    label: int
    box: Box


@dataclass(frozen=True)
class Scene:
    """A finished picture and, for each object, its class and its visible box."""

    pixels: Image8
    objects: list[Placed]


def _resize(pixels: Image8, width: int, height: int) -> Floats:
    scaled = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(scaled, np.float32)


def _noise(dice: np.random.Generator, width: int, height: int) -> Floats:
    """Smooth grey noise of three sizes, about -1 to 1."""
    total = np.zeros((height, width), np.float32)
    for cells, share in ((4, 0.5), (16, 0.3), (80, 0.2)):
        grid = dice.uniform(-1, 1, (cells, cells)).astype(np.float32)
        image = Image.fromarray(grid).resize((width, height), Image.Resampling.BILINEAR)
        total += share * np.asarray(image, np.float32)
    return total


def _plain(dice: np.random.Generator, width: int, height: int) -> Floats:
    """A made-up wall or floor: two colours blended along a direction, an edge or stripes, with noise."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / max(width, height)
    angle = dice.uniform(0, 2 * np.pi)
    ramp = np.cos(angle) * x + np.sin(angle) * y
    kind = dice.integers(3)
    if kind == 0:
        blend = ramp
    elif kind == 1:
        blend = 1 / (1 + np.exp((dice.uniform(-0.2, 0.8) - ramp) * 80))
    else:
        blend = 0.5 + 0.5 * np.sin(ramp * dice.uniform(10, 80))
    first = dice.uniform(40, 215) + dice.uniform(-35, 35, 3)
    second = first + dice.uniform(-60, 60) + dice.uniform(-20, 20, 3)
    noise = _noise(dice, width, height) * dice.uniform(5, 40)
    made = first + (second - first) * blend[..., None] + noise[..., None]
    return np.asarray(made, np.float32)


def _strip(pictures: Pictures, dice: np.random.Generator) -> Image8 | None:
    """The widest object-free strip beside the object of some picture; None if few tries find none."""
    for _ in range(TRIES):
        index = int(dice.integers(len(pictures.labels)))
        x1, y1, x2, y2 = pictures.boxes[index]
        left, top = int(np.floor(x1)), int(np.floor(y1))
        right, bottom = int(np.ceil(x2)), int(np.ceil(y2))
        strips = [
            (0, 0, left, SIDE),
            (0, 0, SIDE, top),
            (right, 0, SIDE, SIDE),
            (0, bottom, SIDE, SIDE),
        ]
        a, b, c, d = max(strips, key=lambda s: (s[2] - s[0]) * (s[3] - s[1]))
        if min(c - a, d - b) >= NARROWEST_STRIP:
            return np.asarray(pictures.pixels[index, b:d, a:c])
    return None


def _background(
    pictures: Pictures, dice: np.random.Generator, width: int, height: int
) -> Floats:
    """Plain material, or a mirror-tiled strip enlarged to any size, with patches of clutter on it."""
    strip = _strip(pictures, dice)
    if strip is None or dice.random() < 0.4:
        canvas = _plain(dice, width, height)
    else:
        scale = dice.uniform(2.0, 8.0)
        rows = max(round(strip.shape[0] * scale), 8)
        columns = max(round(strip.shape[1] * scale), 8)
        tile = _resize(strip, columns, rows)
        pad = ((0, max(height - rows, 0)), (0, max(width - columns, 0)), (0, 0))
        canvas = np.pad(tile, pad, mode="symmetric")[:height, :width].copy()
    for _ in range(int(dice.integers(0, 7))):
        patch = _strip(pictures, dice)
        if patch is None:
            break
        scale = dice.uniform(1.0, 5.0)
        columns = min(round(patch.shape[1] * scale), width)
        rows = min(round(patch.shape[0] * scale), height)
        x = int(dice.integers(0, width - columns + 1))
        y = int(dice.integers(0, height - rows + 1))
        _paste(canvas, _resize(patch, columns, rows), x, y, max(3, columns // 10))
    return canvas


def _ramp(length: int, feather: int) -> Floats:
    ticks = np.arange(length, dtype=np.float32) + 0.5
    edge = np.minimum(ticks, length - ticks) / max(feather, 1)
    return np.clip(edge, 0, 1).astype(np.float32)


def _paste(canvas: Floats, piece: Floats, x: int, y: int, feather: int) -> None:
    """Lay a piece over the canvas; its outermost `feather` pixels fade out. What is outside is cut off."""
    height, width = piece.shape[:2]
    alpha = np.minimum.outer(_ramp(height, feather), _ramp(width, feather))[..., None]
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, canvas.shape[1]), min(y + height, canvas.shape[0])
    inner = (slice(top - y, bottom - y), slice(left - x, right - x))
    under = canvas[top:bottom, left:right]
    under += alpha[inner] * (piece[inner] - under)


def visible_shares(owner: npt.NDArray[np.int16], placed: list[Placed]) -> list[float]:
    """Which share of each object's whole box is still its own in the map of owners."""
    shares = []
    for number, item in enumerate(placed):
        x1, y1, x2, y2 = item.box
        left, top = max(x1, 0), max(y1, 0)
        own = owner[top : max(y2, 0), left : max(x2, 0)] == number
        shares.append(float(own.sum()) / max((x2 - x1) * (y2 - y1), 1))
    return shares


def _visible_box(owner: npt.NDArray[np.int16], number: int) -> Box:
    rows, columns = np.nonzero(owner == number)
    return (
        int(columns.min()),
        int(rows.min()),
        int(columns.max()) + 1,
        int(rows.max()) + 1,
    )


@dataclass(frozen=True)
class Piece:
    """An object with more or less of its surroundings, scaled; its box in the piece's own pixels."""

    pixels: Floats
    label: int
    box: Box
    feather: int


def _piece(
    pictures: Pictures, dice: np.random.Generator, width: int, height: int
) -> Piece | None:
    """A random object for a canvas of this size, or None if this one does not fit at the drawn size."""
    index = int(dice.integers(len(pictures.labels)))
    x1, y1, x2, y2 = (float(v) for v in pictures.boxes[index])
    longest = np.exp(dice.uniform(np.log(SMALLEST), np.log(LARGEST)))
    scale = longest / max(x2 - x1, y2 - y1, 1.0)
    whole = bool(dice.random() < 0.5) and SIDE * scale < 0.9 * min(width, height)
    # The whole picture, or the box and a little around it, which the feathered edge uses up.
    around = SIDE if whole else 2
    left, top = max(int(x1) - around, 0), max(int(y1) - around, 0)
    right = min(int(np.ceil(x2)) + around, SIDE)
    bottom = min(int(np.ceil(y2)) + around, SIDE)
    columns, rows = round((right - left) * scale), round((bottom - top) * scale)
    box = tuple(
        round((v - start) * scale)
        for v, start in ((x1, left), (y1, top), (x2, left), (y2, top))
    )
    if min(box[2] - box[0], box[3] - box[1]) < SMALLEST / 2:
        return None
    if box[2] - box[0] > width or box[3] - box[1] > height:
        return None
    cut = np.asarray(pictures.pixels[index, top:bottom, left:right])
    pixels = _resize(cut, columns, rows)
    if dice.random() < 0.5:
        pixels = pixels[:, ::-1]
        box = (columns - box[2], box[1], columns - box[0], box[3])
    gain = np.exp(dice.uniform(-0.15, 0.15, 3) + dice.uniform(-0.2, 0.2))
    varied = pixels * gain.astype(np.float32) + np.float32(dice.uniform(-12, 12))
    label = int(pictures.labels[index])
    return Piece(
        varied, label, (box[0], box[1], box[2], box[3]), max(2, round(1.5 * scale))
    )


def compose(pictures: Pictures, dice: np.random.Generator) -> Scene:
    """One scene of one to six objects."""
    width, height = CANVASES[int(dice.integers(len(CANVASES)))]
    canvas = _background(pictures, dice, width, height)
    owner = np.full((height, width), -1, np.int16)
    placed: list[Placed] = []
    wanted = int(dice.integers(1, 7))
    tries = 0
    while len(placed) < wanted and (tries < TRIES or not placed):
        tries += 1
        piece = _piece(pictures, dice, width, height)
        if piece is None:
            continue
        x1, y1, x2, y2 = piece.box
        bw, bh = x2 - x1, y2 - y1
        # Up to an eighth of the object may leave the canvas on either side.
        bx = int(dice.integers(-(bw // 8), width - bw + bw // 8 + 1))
        by = int(dice.integers(-(bh // 8), height - bh + bh // 8 + 1))
        x, y = bx - x1, by - y1
        rows, columns = piece.pixels.shape[:2]
        trial = owner.copy()
        # The surroundings hide what lies below them as much as the object itself does.
        trial[max(y, 0) : max(y + rows, 0), max(x, 0) : max(x + columns, 0)] = -1
        trial[max(by, 0) : by + bh, max(bx, 0) : bx + bw] = len(placed)
        candidate = [*placed, Placed(piece.label, (bx, by, bx + bw, by + bh))]
        if min(visible_shares(trial, candidate)) < VISIBLE:
            continue
        owner, placed = trial, candidate
        _paste(canvas, piece.pixels, x, y, piece.feather)
    objects = [
        Placed(item.label, _visible_box(owner, number))
        for number, item in enumerate(placed)
    ]
    return Scene(np.clip(np.rint(canvas), 0, 255).astype(np.uint8), objects)


def write_scenes(
    pictures: Pictures, out: Path, name: str, count: int, seed: int
) -> None:
    """Write `name`/NNNNNN.png and annotations/instances_`name`.json."""
    images, notes = [], []
    try:
        (out / name).mkdir(parents=True, exist_ok=True)
        (out / "annotations").mkdir(exist_ok=True)
        for number in range(count):
            # The split is part of the seed, so that the two sets have nothing in common.
            dice = np.random.default_rng([seed, sorted(SPLITS).index(name), number])
            scene = compose(pictures, dice)
            file = f"{number:06d}.png"
            Image.fromarray(scene.pixels).save(out / name / file, compress_level=6)
            height, width = scene.pixels.shape[:2]
            images.append(
                {"id": number + 1, "file_name": file, "width": width, "height": height}
            )
            for item in scene.objects:
                x1, y1, x2, y2 = item.box
                notes.append(
                    {
                        "id": len(notes) + 1,
                        "image_id": number + 1,
                        "category_id": item.label + 1,
                        "bbox": [x1, y1, x2 - x1, y2 - y1],
                        "area": (x2 - x1) * (y2 - y1),
                        "iscrowd": 0,
                    }
                )
        categories = [
            {"id": index + 1, "name": label.name, "wnid": label.wnid}
            for index, label in enumerate(pictures.classes)
        ]
        content = {"images": images, "annotations": notes, "categories": categories}
        target = out / "annotations" / f"instances_{name}.json"
        target.write_text(json.dumps(content), encoding="utf-8")
    except OSError as error:
        raise RecipeError(
            f"{out}: the scenes cannot be written ({error.strerror}); free some space or give another folder"
        ) from error
    print(f"{name}: {count} scenes, {len(notes)} objects", flush=True)


def make_scenes(
    data: str,
    cache: Path | None,
    out: Path,
    names: list[str],
    counts: dict[str, int],
    seed: int,
) -> None:
    """Both sets from a data folder, or from a cache that `prepare` has written."""
    with tempfile.TemporaryDirectory() as holder:
        folder = cache or Path(holder)
        for name in names:
            if cache is None:
                prepare(data, folder, [SPLITS[name]])
            pictures = open_cache(folder, SPLITS[name])
            write_scenes(pictures, out, name, counts[name], seed)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", help="data folder, or the word synthetic")
    source.add_argument("--cache", type=Path, help="folder written by prepare")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="scenes of each set (500 and 200)")
    parser.add_argument("--sets", nargs="+", choices=list(SPLITS), default=list(SPLITS))
    given = parser.parse_args()
    counts = {n: given.count if given.count else c for n, c in COUNTS.items()}
    try:
        make_scenes(
            given.data or "", given.cache, given.out, given.sets, counts, given.seed
        )
    except RecipeError as error:
        print(f"scenes: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
