# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.evidence`: the head that finds a box in a window's evidence."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .records import RecipeError

GRID, MAPS, CHANNELS, HIDDEN = 7, 2, 16, 64
BATCH = 128
FARTHEST = 0.6  # an edge is looked for so far outside the window, in windows
MIDDLE = (0.15, 0.15, 0.85, 0.85)  # where the boxes start from
SURE = 0.3  # windows that are measured by themselves


@dataclass(frozen=True)
class Windows:
    """What evidence_windows.py has written."""

    maps: Tensor
    boxes: Tensor
    picture: np.ndarray
    probability: np.ndarray
    known: np.ndarray

    def part(self, which: np.ndarray) -> Windows:
        """The windows that are `True` in `which`."""
        chosen = torch.from_numpy(which)
        return Windows(
            self.maps[chosen], self.boxes[chosen],
            self.picture[which], self.probability[which], self.known[which],
        )  # fmt: skip


def read(path: Path) -> Windows:
    """Throws RecipeError for a file that is none."""
    try:
        with np.load(path) as file:
            return Windows(
                torch.from_numpy(file["maps"].astype(np.float32)),
                torch.from_numpy(file["boxes"]).clamp(-FARTHEST, 1 + FARTHEST),
                file["picture"], file["probability"], file["known"],
            )  # fmt: skip
    except (OSError, ValueError, KeyError) as error:
        raise RecipeError(
            f"{path}: not a file of windows ({error}); make it with evidence_windows"
        ) from error


def head() -> nn.Sequential:
    """53,000 weights: a few hundred windows take the engine well under a millisecond."""
    net = nn.Sequential(
        nn.Conv2d(MAPS, CHANNELS, 3, padding=1), nn.ReLU(),
        nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1), nn.ReLU(),
        nn.Flatten(),
        nn.Linear(CHANNELS * GRID * GRID, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 4),
    )  # fmt: skip
    with torch.no_grad():
        net[-1].weight.mul_(0.1)
        net[-1].bias.copy_(torch.tensor(MIDDLE))
    return net


def overlap(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU (Rezatofighi et al. 2019) of boxes by their corners."""
    low, high = (
        torch.minimum(a[:, :2], a[:, 2:]),
        torch.maximum(a[:, :2], a[:, 2:]) + 1e-4,
    )
    common = (
        (torch.minimum(high, b[:, 2:]) - torch.maximum(low, b[:, :2]))
        .clamp(min=0)
        .prod(1)
    )
    union = (high - low).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - common
    around = (torch.maximum(high, b[:, 2:]) - torch.minimum(low, b[:, :2])).prod(1)
    return common / union, common / union - (around - union) / around


def train(sets: list[Windows], epochs: int, seed: int) -> nn.Sequential:
    """AdamW on GIoU and the edges' distance; every second batch is mirrored."""
    torch.manual_seed(seed)
    maps = torch.cat([s.maps for s in sets])
    boxes = torch.cat([s.boxes for s in sets])
    net = head()
    steps = epochs * len(maps) // BATCH
    optimiser = torch.optim.AdamW(net.parameters(), 4e-3, weight_decay=1e-2)
    rates = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, 4e-3, total_steps=max(steps, 1)
    )
    for step in range(steps):
        chosen = torch.randint(len(maps), (BATCH,))
        seen, wanted = maps[chosen], boxes[chosen]
        if step % 2:
            seen = seen.flip(3)
            wanted = torch.stack(
                (1 - wanted[:, 2], wanted[:, 1], 1 - wanted[:, 0], wanted[:, 3]), 1
            )
        found = net(seen + 0.02 * torch.randn_like(seen))
        loss = (1 - overlap(found, wanted)[1]).mean() + 0.3 * (
            found - wanted
        ).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rates.step()
    return net.eval()


def right(boxes: Tensor, windows: Windows, which: np.ndarray) -> float:
    """The share, in percent, of boxes with an IoU of at least 0.5."""
    good = overlap(boxes, windows.boxes)[0].numpy() >= 0.5
    return 100 * float(good[which].mean()) if which.any() else float("nan")


@torch.no_grad()
def report(name: str, found: Tensor, windows: Windows) -> None:
    """Beside it the median box of the same windows, which looks at nothing."""
    for kind, which in (
        ("all", windows.known | ~windows.known),
        ("class known", windows.known),
        (f"class known, p >= {SURE}", windows.known & (windows.probability >= SURE)),
    ):
        if not which.any():
            continue
        median = (
            windows.boxes[torch.from_numpy(which)]
            .median(0)
            .values.expand_as(windows.boxes)
        )
        print(
            f"{name}, {kind}: {int(which.sum())} windows, IoU >= 0.5 for "
            f"{right(found, windows, which):.1f} % (median box {right(median, windows, which):.1f} %)"
        )


@torch.no_grad()
def cross_validated(windows: Windows, others: list[Windows], options) -> Tensor:
    """Boxes of each window by a head that has not seen its picture."""
    found = torch.zeros_like(windows.boxes)
    for fold in range(options.folds):
        inside = windows.picture % options.folds == fold
        with torch.enable_grad():
            net = train([windows.part(~inside), *others], options.epochs, options.seed)
        found[torch.from_numpy(inside)] = net(windows.maps[torch.from_numpy(inside)])
    return found


def export(net: nn.Sequential, path: Path) -> None:
    """ONNX, input `maps` [N, 2, 7, 7], output `box` [N, 4]."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        net, torch.zeros(1, MAPS, GRID, GRID), str(path), opset_version=13,
        input_names=["maps"], output_names=["box"],
        dynamic_axes={"maps": {0: "windows"}, "box": {0: "windows"}},
    )  # fmt: skip


def main() -> None:
    """Reads the command line, trains, measures, writes the head."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--windows", type=Path, nargs="+", required=True, help="to train on"
    )
    parser.add_argument(
        "--test", type=Path, nargs="*", default=[], help="to measure on"
    )
    parser.add_argument(
        "--folds", type=int, default=0, help="cross-validate the first file"
    )
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    try:
        sets = [read(path) for path in options.windows]
        tests = [(path, read(path)) for path in options.test]
        if options.folds:
            found = cross_validated(sets[0], sets[1:], options)
            report(f"{options.windows[0].stem} (cross-validated)", found, sets[0])
        if tests or options.out:
            net = train(sets, options.epochs, options.seed)
            for path, windows in tests:
                with torch.no_grad():
                    report(path.stem, net(windows.maps), windows)
            if options.out:
                export(net, options.out)
    except RecipeError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
