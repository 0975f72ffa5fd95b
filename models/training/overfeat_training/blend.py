# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.blend`: average the weights of runs that started from one another.

Batch-normalisation statistics are measured afresh on training windows, because those of an average are not
the average of those.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from torch import nn

from .batches import Batches
from .cache import Pictures, open_cache
from .checkpoint import load_averaged, save_checkpoint
from .network import WINDOW
from .records import RecipeError
from .windows import Strength

BATCH = 256


@torch.no_grad()
def blend(checkpoints: list[Path], pictures: Pictures, out: Path, batches: int) -> None:
    """Write the checkpoint of the averaged network."""
    parts = [load_averaged(path) for path in checkpoints]
    net, state = parts[0]
    if any(
        other["settings"]["widths"] != state["settings"]["widths"] for _, other in parts
    ):
        raise RecipeError(
            "the checkpoints have different widths; only equal networks can be averaged"
        )
    for name, value in net.state_dict().items():
        if value.is_floating_point():
            value.copy_(torch.stack([p.state_dict()[name] for p, _ in parts]).mean(0))
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
            module.train()
    stream = Batches(
        pictures, BATCH, 0.125, state["mean"], state["std"], 9, torch.device("cpu")
    )
    net.to(memory_format=torch.channels_last)
    for _ in range(batches):
        net(
            stream.draw(
                WINDOW, Strength(smallest=0.75, colour=0.6, blur=0.07, exact=0.5)
            ).images
        )
    average = {k: v.contiguous() for k, v in net.state_dict().items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    save_checkpoint(out, {**state, "average": average})


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, nargs="+", required=True)
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder written by prepare"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--batches",
        type=int,
        default=24,
        help="batches of 256 windows for the statistics",
    )
    given = parser.parse_args()
    try:
        blend(
            given.checkpoint, open_cache(given.cache, "train"), given.out, given.batches
        )
    except RecipeError as error:
        print(f"blend: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
