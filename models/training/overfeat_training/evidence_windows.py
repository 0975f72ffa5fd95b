# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.evidence_windows`: windows with the evidence in them and the object's box."""

from __future__ import annotations

import argparse
import sys
import tarfile
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from .annotated import coco_classes, read_coco
from .records import RecipeError, Record, decode
from .shards import read_classes, read_shards
from .trunk import Seen, Trunk

STEP = 1.4  # between the scales of a photograph
MOST_SIDE = 700  # of a photograph's largest scale
FROM_BEST, FROM_OTHERS = (
    4,
    2,
)  # windows of an object at a scale: the surest and some others


@dataclass
class Windows:
    """What is written: maps, boxes in shares of the window's cells, and what to measure by."""

    maps: list[np.ndarray] = field(default_factory=list)
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    picture: list[int] = field(default_factory=list)
    probability: list[float] = field(default_factory=list)
    known: list[bool] = field(default_factory=list)  # the class is one of the trunk's

    def save(self, path: Path) -> None:
        np.savez(
            path,
            maps=np.stack(self.maps).astype(np.float16),
            boxes=np.array(self.boxes, np.float32),
            picture=np.array(self.picture, np.int32),
            probability=np.array(self.probability, np.float32),
            known=np.array(self.known),
        )


def scaled_maps(evidence: np.ndarray, norm: np.ndarray) -> np.ndarray:
    """Two planes divided by their largest value; engine/detect/evidence_boxes.cpp does the same."""
    return np.stack(
        [
            np.maximum(evidence / max(evidence.max(), 1e-3), -1),
            norm / max(norm.max(), 1e-3),
        ]
    )


def probability(logits: np.ndarray, index: int) -> float:
    """Softmax of one class."""
    return float(1 / np.exp(logits - logits[index]).sum())


def add_window(
    windows: Windows, trunk: Trunk, seen: Seen, at: tuple[int, int], index: int,
    box: tuple[float, float, float, float], picture: int, known: bool,
) -> None:  # fmt: skip
    """`at`: row and column of the window's first cell; `box`: corners in the level's pixels."""
    row, column = at
    part = np.s_[row : row + trunk.cells, column : column + trunk.cells]
    evidence = seen.evidence[(slice(None), *part)]
    side = trunk.cells * trunk.stride
    left = trunk.first_centre - trunk.stride / 2 + column * trunk.stride
    top = trunk.first_centre - trunk.stride / 2 + row * trunk.stride
    windows.maps.append(scaled_maps(evidence[index], seen.norm[part]))
    windows.boxes.append(
        ((box[0] - left) / side, (box[1] - top) / side, (box[2] - left) / side, (box[3] - top) / side)
    )  # fmt: skip
    windows.picture.append(picture)
    windows.probability.append(probability(evidence.mean((1, 2)), index))
    windows.known.append(known)


def from_small_pictures(
    trunk: Trunk, records: list[Record], wnids: list[str], windows: Windows, seed: int
) -> None:
    """One window each of pictures of one object, enlarged: the object takes 0.4 to all of it."""
    dice = np.random.default_rng(seed)
    for number, record in enumerate(records):
        picture = decode(record.load(), record.where)
        x1, y1, x2, y2 = record.box
        shorter, larger = min(picture.size), max(x2 - x1, y2 - y1)
        share = dice.uniform(max(0.4, larger / shorter), 1) if larger < shorter else 1
        side = min(larger / share, shorter)
        left, top = (
            float(
                np.clip(
                    c + dice.uniform(-0.15, 0.15) * side - side / 2, 0, limit - side
                )
            )
            for c, limit in (
                ((x1 + x2) / 2, picture.width),
                ((y1 + y2) / 2, picture.height),
            )
        )
        scale = trunk.window / side
        view = picture.resize(
            (trunk.window, trunk.window), Image.Resampling.BICUBIC, (left, top, left + side, top + side)
        )  # fmt: skip
        box = (
            (x1 - left) * scale,
            (y1 - top) * scale,
            (x2 - left) * scale,
            (y2 - top) * scale,
        )
        seen = trunk.see(np.asarray(view))
        index = trunk.classes.index(wnids[record.label])
        add_window(windows, trunk, seen, (0, 0), index, box, number, True)


def _level(
    picture: Image.Image, shorter: float, trunk: Trunk, dice
) -> tuple[np.ndarray, list]:
    """A scale of a photograph, its grid of cells shifted at random; and how boxes move with it."""
    scale = shorter / min(picture.size)
    width, height = (max(trunk.window, round(side * scale)) for side in picture.size)
    pixels = np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))
    shift = [
        int(dice.integers(0, min(trunk.stride, side - trunk.window + 1)))
        for side in (height, width)
    ]
    sides = [
        (side - s - trunk.window) // trunk.stride * trunk.stride + trunk.window
        for side, s in zip((height, width), shift, strict=True)
    ]
    cut = pixels[shift[0] : shift[0] + sides[0], shift[1] : shift[1] + sides[1]]
    return cut, [width / picture.width, height / picture.height, shift[1], shift[0]]


def seen_of(boxes: np.ndarray, x: float, y: float, side: float) -> np.ndarray:
    """IoU of each box (corners) and a window that sees half of it or is full of it, and is neither far too small
    nor far too large for it; else 0."""
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    longer = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) / side
    width = np.minimum(boxes[:, 2], x + side) - np.maximum(boxes[:, 0], x)
    height = np.minimum(boxes[:, 3], y + side) - np.maximum(boxes[:, 1], y)
    common = np.clip(width, 0, None) * np.clip(height, 0, None)
    iou = common / (area + side * side - common)
    iou[(common < 0.5 * area) & (common < 0.6 * side * side)] = 0
    iou[(longer < 0.25) | (longer > 2)] = 0
    return iou


def _owners(boxes: np.ndarray, trunk: Trunk, shape: tuple[int, int]) -> dict[int, list]:
    """For each box the windows in which it is the one to find: they see half of it or are full of it."""
    found = defaultdict(list)
    for row in range(shape[0] - trunk.cells + 1):
        for column in range(shape[1] - trunk.cells + 1):
            iou = seen_of(
                boxes, column * trunk.stride, row * trunk.stride, trunk.window
            )
            if iou.max() > 0.04:
                found[int(iou.argmax())].append((row, column))
    return found


def from_photographs(
    trunk: Trunk,
    records: list[Record],
    indices: list[list[int]],
    windows: Windows,
    seed: int,
) -> None:
    """Windows of dense runs, as they propose boxes. `indices`: for each label the trunk's classes."""
    dice = np.random.default_rng(seed)
    by_picture = defaultdict(list)
    for record in records:
        by_picture[record.where].append(record)
    for number, (_, objects) in enumerate(sorted(by_picture.items())):
        picture = decode(objects[0].load(), objects[0].where)
        shorter = float(trunk.window)
        while shorter <= min(max(min(picture.size) * 1.1, trunk.window), MOST_SIDE):
            pixels, (sx, sy, dx, dy) = _level(picture, shorter, trunk, dice)
            shorter *= STEP
            boxes = np.array([o.box for o in objects]) * [sx, sy, sx, sy] - [
                dx,
                dy,
                dx,
                dy,
            ]
            seen = trunk.see(pixels)
            for which, places in _owners(boxes, trunk, seen.norm.shape).items():
                known = indices[objects[which].label]
                judged = []
                for row, column in places:
                    part = seen.evidence[
                        :, row : row + trunk.cells, column : column + trunk.cells
                    ]
                    logits = part.mean((1, 2))
                    index = (
                        known[int(logits[known].argmax())]
                        if known
                        else int(logits.argmax())
                    )
                    judged.append((probability(logits, index), row, column, index))
                judged.sort(reverse=True)
                others = [
                    judged[i] for i in dice.permutation(len(judged))[:FROM_OTHERS]
                ]
                for _, row, column, index in judged[:FROM_BEST] + others:
                    add_window(windows, trunk, seen, (row, column), index,
                               tuple(boxes[which]), number, bool(known))  # fmt: skip


def read_mapping(path: Path, trunk: Trunk) -> dict[str, list[int]]:
    """`name<TAB>wnid wnid ...`: which classes of the trunk a category is."""
    mapping = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, wnids = line.partition("\t")
            mapping[name] = [trunk.classes.index(wnid) for wnid in wnids.split()]
    return mapping


def photographs(
    tar: Path, trunk: Trunk, mapping: dict, windows: Windows, seed: int
) -> None:
    """A `.tar` of pictures with a COCO `.json` beside it."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(tar) as archive:
        archive.extractall(folder, filter="data")
        notes = tar.with_suffix(".json")
        indices = [mapping.get(label.name, []) for label in coco_classes(notes)]
        records = list(read_coco(Path(folder), notes, "train"))
        from_photographs(trunk, records, indices, windows, seed)


def main() -> None:
    """Reads the command line and writes one file of windows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--model", type=Path, required=True, help="the trunk, an ONNX classifier"
    )
    parser.add_argument(
        "--photographs", type=Path, help="a .tar with a COCO .json beside it"
    )
    parser.add_argument("--mapping", type=Path, default=Path(__file__).parent / "coco_to_imagenet.tsv")  # fmt: skip
    parser.add_argument("--shards", type=Path, help="a folder of shards (README.md)")
    parser.add_argument("--split", default="train-0", help="of the shards")
    parser.add_argument(
        "--count", type=int, default=5000, help="pictures of the shards at most"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    try:
        trunk, windows = Trunk(options.model), Windows()
        if options.photographs:
            mapping = read_mapping(options.mapping, trunk)
            photographs(options.photographs, trunk, mapping, windows, options.seed)
        if options.shards:
            wnids = [label.wnid for label in read_classes(options.shards)]
            records = []
            for record in read_shards(options.shards, options.split):
                records.append(record)
                if len(records) == options.count:
                    break
            from_small_pictures(trunk, records, wnids, windows, options.seed)
        windows.save(options.out)
    except RecipeError as error:
        sys.exit(f"error: {error}")
    print(
        f"{len(windows.maps)} windows of {len(set(windows.picture))} pictures in {options.out}"
    )


if __name__ == "__main__":
    main()
