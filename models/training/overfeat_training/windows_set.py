# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.windows_set`: the windows that networks are measured on, as picture files.

`evaluate` measures on these windows from memory; the engine measures on the files
(`overfeat evaluate classification --data FOLDER --split NAME`), so both look at the same pixels.
Each set is a table `NAME.tsv` and a folder `NAME/`; `classes.tsv` belongs to all of them.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .batches import NARROWEST_STRIP
from .cache import SIDE, Label, Pictures, open_cache
from .records import RecipeError
from .views import off_centre
from .windows import Windows, background_windows, margins, plain_material, render

PLAIN_COUNT = 1000


@dataclass(frozen=True)
class WindowSet:
    """Windows of SIDE pixels (N x 3 x SIDE x SIDE, uint8), and what they show; no labels: background."""

    images: Tensor
    labels: Tensor | None = None
    # In shares of the window; an object that reaches out of it keeps its whole box.
    boxes: Tensor | None = None


def _bytes(images: Tensor) -> Tensor:
    return images.round().clamp(0, 255).to(torch.uint8)


def _drawn(pictures: Pictures, windows: Windows) -> Tensor:
    parts = []
    for part in torch.arange(len(windows.source)).split(500):
        some = windows.take(part)
        pixels = torch.from_numpy(pictures.pixels[some.source.numpy()])
        parts.append(_bytes(render(pixels, some, SIDE)))
    return torch.cat(parts)


def _beside(pictures: Pictures, repeats: float) -> WindowSet:
    """Windows beside the objects that leave room for them: enlarged, or mirror-tiled and sharper."""
    boxes = torch.from_numpy(np.asarray(pictures.boxes))
    wide = (margins(boxes).max(1).values >= NARROWEST_STRIP).nonzero().flatten()
    if len(wide) == 0:
        return WindowSet(torch.empty(0, 3, SIDE, SIDE, dtype=torch.uint8))
    windows = background_windows(wide, boxes[wide], torch.Generator().manual_seed(11))
    windows.mirror = torch.full_like(windows.mirror, repeats)
    return WindowSet(_drawn(pictures, windows))


def window_sets(pictures: Pictures) -> dict[str, WindowSet]:
    """All sets, the same every time (with the same version of PyTorch)."""
    labels = torch.from_numpy(np.array(pictures.labels))
    whole = torch.from_numpy(np.array(pictures.pixels)).permute(0, 3, 1, 2)
    windows, target = off_centre(pictures)
    material = plain_material(PLAIN_COUNT, SIDE, torch.Generator().manual_seed(12))
    return {
        "whole": WindowSet(
            whole, labels, torch.from_numpy(np.array(pictures.boxes)) / SIDE
        ),
        "off_centre": WindowSet(_drawn(pictures, windows), labels, target),
        "background_enlarged": _beside(pictures, 1.0),
        "background_tiled": _beside(pictures, 2.0),
        "background_plain": WindowSet(_bytes(material)),
    }


def write_sets(sets: dict[str, WindowSet], classes: list[Label], out: Path) -> None:
    """Tables and PNG files, in the form of Tiny-ImageNet with `file -` for pictures without an object."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        names = [f"{i}\t{c.wnid}\t{c.name}" for i, c in enumerate(classes)]
        table = "\n".join(["index\twnid\tname", *names])
        (out / "classes.tsv").write_text(table + "\n", encoding="utf-8")
        for name, some in sets.items():
            (out / name).mkdir(exist_ok=True)
            rows = ["file\tclass\tx1\ty1\tx2\ty2"]
            pixels = some.images.permute(0, 2, 3, 1).contiguous().numpy()
            for index, picture in enumerate(pixels):
                file = f"{index:06d}.png"
                Image.fromarray(picture).save(out / name / file, compress_level=1)
                rows.append(f"{file}\t{_row(some, index)}")
            (out / f"{name}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    except OSError as error:
        raise RecipeError(
            f"{out}: the windows cannot be written ({error.strerror}); free some space or give another folder"
        ) from error


def _row(some: WindowSet, index: int) -> str:
    if some.labels is None or some.boxes is None:
        return "-"
    x1, y1, x2, y2 = (float(v) * SIDE for v in some.boxes[index])
    edges = "\t".join(f"{v:.4f}" for v in (x1, y1, x2 - 1, y2 - 1))
    return f"{int(some.labels[index])}\t{edges}"


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder written by prepare"
    )
    parser.add_argument("--split", default="val")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    given = parser.parse_args()
    try:
        pictures = open_cache(given.cache, given.split)
        sets = window_sets(pictures)
        write_sets(sets, pictures.classes, given.out)
    except RecipeError as error:
        print(f"windows_set: {error}", file=sys.stderr)
        return 3
    for name, some in sets.items():
        print(f"{name}: {len(some.images)} windows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
