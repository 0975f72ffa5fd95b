# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.boxes`: train the box head alone on the frozen, finished trunk (paper 4).

The joint run leaves the head under-trained (its rate follows the trunk's). Here the trunk's maps of many
training windows are computed once, and the head is fitted to them with AdamW.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from torch import Tensor

from .batches import Batches
from .cache import Pictures, open_cache
from .checkpoint import load_averaged, save_checkpoint
from .losses import box_loss, iou
from .network import WINDOW, WindowNet
from .records import RecipeError
from .windows import Strength

BATCH = 128
MILD = Strength(
    smallest=0.7, largest=1.1, aspect=0.15, visible=0.55, colour=0.5, blur=0.05
)


@torch.no_grad()
def _maps(
    net: WindowNet, stream: Batches, count: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Trunk maps (half precision) and true boxes of random object windows."""
    maps, boxes = [], []
    for number in range(count // BATCH):
        batch = stream.draw(WINDOW, MILD)
        maps.append(net.trunk(batch.images).half().contiguous().to(device))
        boxes.append(batch.boxes.to(device))
        if number % 100 == 99:
            print(f"maps of {(number + 1) * BATCH} windows", flush=True)
    return torch.cat(maps), torch.cat(boxes)


def _fit(
    net: WindowNet, maps: Tensor, boxes: Tensor, epochs: int, rate: float, seed: int
) -> None:
    """Fit the head; the rate falls linearly to zero. The last tenth is held back to report on."""
    parts = (net.box_reduce, net.box_hidden, net.box_out)
    weights = [p for part in parts for p in part.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=rate, weight_decay=0.02)
    rng = torch.Generator().manual_seed(seed)
    kept = len(maps) - len(maps) // 10
    steps = max(epochs * (kept // BATCH), 1)
    step = 0
    for epoch in range(epochs):
        net.box_reduce.train()
        total = 0.0
        for chosen in torch.randperm(kept, generator=rng).split(BATCH):
            if len(chosen) < BATCH:
                continue
            optimiser.param_groups[0]["lr"] = rate * (1 - step / steps)
            step += 1
            rows = chosen.to(maps.device)
            loss = box_loss(net.box_answers(maps[rows].float()), boxes[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += float(loss.detach())
        net.box_reduce.eval()
        with torch.no_grad():
            answers = torch.cat(
                [net.box_answers(m.float()) for m in maps[kept:].split(500)]
            )
        good = float((iou(answers, boxes[kept:]) >= 0.5).float().mean())
        print(
            f"epoch {epoch + 1}: loss {total / (kept // BATCH):.4f}, windows held back IoU>=0.5 {good:.3f}",
            flush=True,
        )


def finish_boxes(
    checkpoint: Path,
    pictures: Pictures,
    out: Path,
    windows: int,
    epochs: int,
    rate: float,
    seed: int,
    device: str,
) -> None:
    """Read a checkpoint, fit the box head, write the checkpoint `out`."""
    net, state = load_averaged(checkpoint)
    torch.manual_seed(seed)
    where = torch.device(device)
    net.to(where).to(memory_format=torch.channels_last)
    stream = Batches(pictures, BATCH, 0.0, state["mean"], state["std"], seed, where)
    maps, boxes = _maps(net, stream, windows, where)
    _fit(net, maps, boxes, epochs, rate, seed)
    average = {k: v.detach().cpu().contiguous() for k, v in net.state_dict().items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    save_checkpoint(out, {**state, "average": average})


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder written by prepare"
    )
    parser.add_argument("--out", type=Path, required=True, help="checkpoint to write")
    parser.add_argument("--windows", type=int, default=60_000)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument(
        "--threads", type=int, default=0, help="CPU threads, 0: all cores"
    )
    parser.add_argument(
        "--device", default="cuda" if torch.cuda.is_available() else "cpu"
    )
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    try:
        pictures = open_cache(given.cache, "train")
        finish_boxes(
            given.checkpoint,
            pictures,
            given.out,
            given.windows,
            given.epochs,
            given.rate,
            given.seed,
            given.device,
        )
    except RecipeError as error:
        print(f"boxes: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
