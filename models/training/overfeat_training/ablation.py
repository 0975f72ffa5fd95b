# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.ablation`: the same short run with one ingredient removed at a time.

Every row trains from nothing on the same data for the same number of passes and is measured at the side it
was trained at. The row `another seed` changes nothing but the seed: differences of its size mean nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from .batches import NARROWEST_STRIP
from .cache import Pictures, open_cache
from .losses import iou
from .measure import centre_view
from .network import WindowNet
from .records import RecipeError
from .settings import Settings
from .train import Run
from .views import off_centre, run_windows
from .windows import background_windows, margins

# Rows: what is removed, and the settings that remove it.
ROWS: dict[str, dict[str, object]] = {
    "everything": {},
    "another seed": {"seed": 2},
    "no averaged weights (EMA)": {"ema": 0.0},
    "no label smoothing": {"smoothing": 0.0},
    "smooth L1 instead of GIoU": {"box_loss": "l1"},
    "box gradients kept out of the trunk": {"box_gradients": False},
    "no background windows": {"background": 0.0},
    "no hard negatives": {"hard_negatives": False},
    "no colour, blur and aspect variation": {"augment": 1e-4},
    "no random scale (whole pictures)": {"smallest": 1.0},
}


@dataclass(frozen=True)
class Row:
    """What one run gave (shares, not per cent)."""

    name: str
    top1: float
    top5: float
    iou_half: float
    off_centre_iou_half: float
    background_called_object: float
    seconds: float


def measure(run: Run, held_out: Pictures, side: int) -> dict[str, float]:
    """Centre view, off-centre boxes and object-free windows of the averaged network."""
    net = WindowNet(run.net.classes, run.net.widths)
    net.load_state_dict(run.average)
    net.to(run.device).to(memory_format=torch.channels_last).eval()
    centre = centre_view(net, held_out, run.mean, run.std, side=side)
    windows, target = off_centre(held_out)
    _, boxes = run_windows(net, held_out, windows, run.mean, run.std, side)
    true = torch.from_numpy(np.asarray(held_out.boxes))
    wide = (margins(true).max(1).values >= NARROWEST_STRIP).nonzero().flatten()
    beside = background_windows(wide, true[wide], torch.Generator().manual_seed(11))
    beside.mirror = torch.ones_like(beside.mirror)
    scores, _ = run_windows(net, held_out, beside, run.mean, run.std, side)
    alarms = (scores.argmax(1) != scores.shape[1] - 1).float()
    return {
        "top1": centre.top1,
        "top5": centre.top5,
        "iou_half": centre.good_boxes,
        "off_centre_iou_half": float((iou(boxes, target) >= 0.5).float().mean()),
        "background_called_object": float(alarms.mean()) if len(alarms) else 0.0,
    }


def ablate(
    pictures: Pictures, held_out: Pictures, base: Settings, names: list[str], out: Path
) -> list[Row]:
    """Run the named rows; those already in `out` are not run again."""
    done = json.loads(out.read_text(encoding="utf-8")) if out.exists() else []
    rows = {row["name"]: Row(**row) for row in done}
    for name in names:
        if name in rows:
            continue
        settings = Settings(**{**asdict(base), **ROWS[name]})  # type: ignore[arg-type]
        run = Run(pictures, settings, torch.device("cpu"))
        started = time.monotonic()
        while run.progress < 1:
            run.one_step()
        seconds = time.monotonic() - started
        figures = measure(run, held_out, settings.side(1.0))
        rows[name] = Row(name=name, **figures, seconds=seconds)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(
            json.dumps([asdict(row) for row in rows.values()], indent=1),
            encoding="utf-8",
        )
        print(json.dumps(asdict(rows[name])), flush=True)
    return list(rows.values())


def table(rows: list[Row]) -> str:
    """Markdown, per cent."""
    lines = [
        "| removed | top-1 / top-5 | IoU >= 0.5 | the same off centre | background called an object |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row.name} | {row.top1:.1%} / {row.top5:.1%} | {row.iou_half:.1%} "
            f"| {row.off_centre_iou_half:.1%} | {row.background_called_object:.1%} |".replace(
                "%", " %"
            )
        )
    return "\n".join(lines)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder written by prepare"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="JSON file of the rows; gone on with"
    )
    parser.add_argument("--widths", default="compact")
    parser.add_argument("--side", type=int, default=32, help="window side")
    parser.add_argument("--epochs", type=float, default=2.0)
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument(
        "--threads", type=int, default=0, help="CPU threads, 0: all cores"
    )
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    base = Settings(
        widths=given.widths,
        epochs=given.epochs,
        sides=f"0:{given.side}",
        ema=0.99,
        exact=0.0,
    )
    try:
        train, held_out = (open_cache(given.cache, s) for s in ("train", "val"))
        print(table(ablate(train, held_out, base, given.rows, given.out)))
    except RecipeError as error:
        print(f"ablation: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
