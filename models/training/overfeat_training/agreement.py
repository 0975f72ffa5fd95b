# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.agreement`: the recipe and the C++ engine measure the same network.

Writes the held-out windows as picture files, lets `overfeat evaluate classification` measure the exported
network on them, measures the checkpoint here, and prints both. Ends with 1 if they differ by too much.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch

from .cache import open_cache, sample
from .checkpoint import load_averaged
from .evaluate import report
from .records import RecipeError
from .windows_set import window_sets, write_sets

# What may differ, in points: both look at the same pixels, but resample and add up in other ways.
TOLERANCE = 0.2


@dataclass(frozen=True)
class EngineRun:
    """One call of `overfeat evaluate classification`, and which of its figures are which of ours."""

    split: str
    options: tuple[str, ...]
    # Ours -> the engine's, and whether the engine's is one minus ours.
    figures: dict[str, tuple[str, bool]]


def _top(name: str) -> dict[str, tuple[str, bool]]:
    return {f"{name}top1": ("top1_error", True), f"{name}top5": ("top5_error", True)}


def _empty(name: str) -> EngineRun:
    figures = {
        f"{name}_argmax": ("background_called_object", False),
        f"{name}_above_0.3": ("background_shown", False),
    }
    return EngineRun(name, ("--views", "center"), figures)


RUNS = (
    EngineRun(
        "whole",
        ("--views", "center"),
        {
            **_top(""),
            "mean_iou": ("mean_iou", False),
            "iou_half": ("iou50_share", False),
            "localisation_top1_error": ("localization_top1_error", False),
            "localisation_top5_error": ("localization_top5_error", False),
        },
    ),
    EngineRun("whole", ("--views", "ten"), _top("ten_views_")),
    EngineRun("whole", ("--views", "dense"), _top("dense_")),
    EngineRun("whole", ("--views", "dense", "--flip"), _top("dense_mirrored_")),
    EngineRun(
        "off_centre",
        ("--views", "center"),
        {
            "off_centre_mean_iou": ("mean_iou", False),
            "off_centre_iou_half": ("iou50_share", False),
        },
    ),
    _empty("background_enlarged"),
    _empty("background_tiled"),
    _empty("background_plain"),
)


def engine_figures(
    program: Path, model: Path, windows: Path, run: EngineRun, threads: int
) -> dict[str, float]:
    """The engine's figures of one run under our names."""
    command = [
        *(str(program), "evaluate", "classification", "--json"),
        *("--model", str(model), "--data", str(windows), "--split", run.split),
        *("--threads", str(threads), *run.options),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise RecipeError(
            f"{program}: cannot be run ({error.strerror}); build overfeat and name it with --overfeat"
        ) from error
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["nothing"]
        raise RecipeError(
            f"{program}: ended with {done.returncode} and said: {said[-1]}"
        )
    answer = json.loads(done.stdout)
    return {
        ours: 1 - answer[theirs] if turned else answer[theirs]
        for ours, (theirs, turned) in run.figures.items()
    }


def table(recipe: dict[str, float], engine: dict[str, float]) -> tuple[str, bool]:
    """Markdown, per cent, and whether all figures agree."""
    lines = ["| figure | recipe | engine | difference |", "|---|---|---|---|"]
    agreed = True
    for name, theirs in engine.items():
        # Before rounding: the engine prints four digits, so half of the last one is not a difference.
        apart = 100 * (theirs - recipe[name])
        agreed &= abs(apart) <= TOLERANCE + 0.005
        lines.append(
            f"| {name} | {100 * recipe[name]:.2f} | {100 * theirs:.2f} | {apart:+.2f} |"
        )
    return "\n".join(lines), agreed


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="its ONNX file")
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder written by prepare"
    )
    parser.add_argument(
        "--overfeat", type=Path, required=True, help="the program of that name"
    )
    parser.add_argument(
        "--threads", type=int, default=0, help="CPU threads, 0: all cores"
    )
    parser.add_argument(
        "--limit", type=int, default=0, help="an even sample of N pictures, 0: all"
    )
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    try:
        pictures = sample(open_cache(given.cache, "val"), given.limit)
        net, state = load_averaged(given.checkpoint)
        engine: dict[str, float] = {}
        with tempfile.TemporaryDirectory() as folder:
            windows = Path(folder)
            sets = {k: s for k, s in window_sets(pictures).items() if len(s.images)}
            write_sets(sets, pictures.classes, windows)
            for run in RUNS:
                if run.split not in sets:
                    continue
                said = f"engine: {run.split} {' '.join(run.options)}"
                print(said, file=sys.stderr, flush=True)
                engine |= engine_figures(
                    given.overfeat, given.model, windows, run, given.threads
                )
        print("recipe", file=sys.stderr, flush=True)
        net.to(memory_format=torch.channels_last)
        recipe = report(net, pictures, state["mean"], state["std"])
    except RecipeError as error:
        print(f"agreement: {error}", file=sys.stderr)
        return 3
    text, agreed = table(recipe, engine)
    print(text)
    if not agreed:
        print(
            f"agreement: a figure differs by more than {TOLERANCE} points",
            file=sys.stderr,
        )
    return 0 if agreed else 1


if __name__ == "__main__":
    sys.exit(main())
