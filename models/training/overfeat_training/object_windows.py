# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.object_windows`: windows of dense runs, and whether they show an object.

`--photographs`: a `.tar` with a COCO `.json` beside it; objects are those of the categories of which the classifier
knows kinds, so that a person is none. `--empty`: a `.tar` of pictures that show none, those named in `--only`.
"""

from __future__ import annotations

import argparse
import sys
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from .annotated import coco_classes, read_coco
from .evidence_windows import seen_of
from .objects import read_kinds
from .records import RecipeError, decode
from .trunk import Trunk

LEAST = (
    0.05  # what the best class of a window must have to vote at all (DetectionOptions)
)
SEEN, BESIDE = 0.1, 0.02  # IoU from which a window shows an object, up to which none
SCALES, LARGEST, ENLARGED = (
    4,
    3.5,
    1.5,
)  # Look, and kMaxEnlargement in engine/detect/pyramid.h
EMPTY = "BACKGROUND_Google"  # the folder of caltech101 that the list is about
Box = tuple[float, float, float, float]


@dataclass
class Windows:
    """What is written."""

    features: list[np.ndarray] = field(default_factory=list)  # the mean of the cells
    probability: list[float] = field(default_factory=list)  # of the best class
    shows: list[bool] = field(default_factory=list)
    picture: list[int] = field(default_factory=list)

    def save(self, path: Path) -> None:
        np.savez(
            path,
            features=np.stack(self.features).astype(np.float16),
            probability=np.array(self.probability, np.float32),
            shows=np.array(self.shows),
            picture=np.array(self.picture, np.int32),
        )


def pyramid(size: tuple[int, int], window: int, stride: int) -> list[tuple[int, int]]:
    """The sizes (width, height) at which the engine looks at a picture by default: engine/detect/pyramid.cpp."""
    shorter = min(size)
    most = min(shorter * ENLARGED, max(shorter, window * ENLARGED))
    largest = min(LARGEST, max(1.0, most / window))
    sizes: list[tuple[int, int]] = []
    for i in range(SCALES):
        side = window * largest ** (i / (SCALES - 1))
        tiled = [
            window + max(round((wanted - window) / stride), 0) * stride
            for wanted in (side * s / shorter for s in size)
        ]
        if (tiled[0], tiled[1]) not in sizes:
            sizes.append((tiled[0], tiled[1]))
    return sizes


def verdict(boxes: np.ndarray, x: float, y: float, side: float) -> bool | None:
    """Whether a window shows one of the objects (corners), and not only an edge of it; None where its share of the
    window leaves that open. Far too small or too large an object (`seen_of`: its longer side less than a quarter or
    more than twice the window's) counts as none: a cup of 50 px in the middle of 224, or a bus over all of them, makes
    the window one without an object. Only at another size of the picture is it one. The shipped head learnt that."""  # fmt: skip
    seen = seen_of(boxes, x, y, side).max(initial=0)
    return True if seen > SEEN else False if seen < BESIDE else None


def means(features: np.ndarray, cells: int) -> np.ndarray:
    """[row, column, channel]: the mean of the cells of every window."""
    sums = np.pad(features.astype(np.float64).cumsum(1).cumsum(2), ((0, 0), (1, 0), (1, 0)))  # fmt: skip
    windows = (
        sums[:, cells:, cells:] - sums[:, :-cells, cells:]
        - sums[:, cells:, :-cells] + sums[:, :-cells, :-cells]
    )  # fmt: skip
    return np.moveaxis(windows, 0, -1) / cells**2


def add_picture(
    windows: Windows, trunk: Trunk, picture: Image.Image, boxes: list[Box], number: int
) -> None:
    """Every window of its scales that votes and can be judged."""
    for width, height in pyramid(picture.size, trunk.window, trunk.stride):
        smaller = width < picture.width
        filtered = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
        pixels = np.asarray(picture.resize((width, height), filtered))
        scale = [width / picture.width, height / picture.height]
        here = np.array(boxes).reshape(-1, 4) * (scale * 2)
        for place, mean in _every(means(trunk.features(pixels), trunk.cells)):
            logits = trunk.evidence(mean)
            if 1 / np.exp(logits - logits.max()).sum() < LEAST:
                continue
            row, column = place
            shows = verdict(here, column * trunk.stride, row * trunk.stride, trunk.window)  # fmt: skip
            if shows is None:
                continue
            windows.features.append(mean.astype(np.float16))
            windows.probability.append(1 / np.exp(logits - logits.max()).sum())
            windows.shows.append(shows)
            windows.picture.append(number)


def _every(maps: np.ndarray) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
    for place in np.ndindex(*maps.shape[:2]):
        yield place, maps[place]


def from_photographs(windows: Windows, trunk: Trunk, tar: Path, known: set[str]) -> None:  # fmt: skip
    """A `.tar` of pictures with a COCO `.json` beside it; `known`: the categories that count."""
    notes = tar.with_suffix(".json")
    names = [label.name for label in coco_classes(notes)]
    with tempfile.TemporaryDirectory() as folder, tarfile.open(tar) as archive:
        archive.extractall(folder, filter="data")
        boxes = defaultdict(list)
        for record in read_coco(Path(folder), notes, "train"):
            if names[record.label] in known:
                boxes[Path(record.where)].append(record.box)
        pictures = sorted(p for p in Path(folder).rglob("*") if p.is_file())
        for number, path in enumerate(pictures):
            picture = decode(path.read_bytes(), path.name)
            add_picture(windows, trunk, picture, boxes[path], number)


def from_empty(windows: Windows, trunk: Trunk, tar: Path, only: set[str]) -> None:
    """Those pictures of a `.tar` whose names are in the list."""
    with tarfile.open(tar) as archive:
        members = {
            path.name: member for member in archive
            if (path := Path(member.name)).name in only and path.parent.name == EMPTY
        }  # fmt: skip
        for number, (name, member) in enumerate(sorted(members.items())):
            file = archive.extractfile(member)
            if file is None:
                raise RecipeError(f"{tar}: {name} is no file; name another one")
            add_picture(windows, trunk, decode(file.read(), name), [], number)


def main() -> int:
    """Reads the command line and writes one file of windows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="the trunk, an ONNX classifier")  # fmt: skip
    parser.add_argument("--photographs", type=Path)
    parser.add_argument("--empty", type=Path)
    parser.add_argument("--only", type=Path, default=Path(__file__).parent / "background_without_objects.txt")  # fmt: skip
    parser.add_argument("--mapping", type=Path, default=Path(__file__).parent / "coco_to_imagenet.tsv")  # fmt: skip
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    try:
        trunk, windows = Trunk(given.model), Windows()
        if given.photographs:
            known = set(read_kinds(given.mapping).values())
            from_photographs(windows, trunk, given.photographs, known)
        if given.empty:
            only = set(given.only.read_text(encoding="utf-8").split("\n"))
            from_empty(windows, trunk, given.empty, only)
        if not windows.shows:
            raise RecipeError("no window votes in these pictures; give others")
        windows.save(given.out)
    except (RecipeError, OSError) as error:
        print(f"object_windows: {error}", file=sys.stderr)
        return 3
    print(
        f"{len(windows.shows)} windows of {len(set(windows.picture))} pictures in {given.out}, "
        f"{100 * np.mean(windows.shows):.1f} % with an object"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
