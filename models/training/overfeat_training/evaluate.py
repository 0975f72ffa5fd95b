# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.evaluate`: measure one or more networks on a split."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .batches import NARROWEST_STRIP
from .cache import SIDE, Pictures, open_cache
from .checkpoint import load_averaged
from .losses import iou
from .measure import centre_view
from .network import WindowNet
from .records import RecipeError
from .views import off_centre, run_windows, ten_views, voted_scores
from .windows import background_windows, margins, plain_material


def report(
    net: WindowNet, pictures: Pictures, mean: Tensor, std: Tensor
) -> dict[str, float]:
    """All figures of one network on one split (shares, not per cent)."""
    boxes = torch.from_numpy(np.asarray(pictures.boxes))
    labels = torch.from_numpy(np.asarray(pictures.labels))
    centre = centre_view(net, pictures, mean, std)
    top = centre.scores.topk(5, 1).indices == labels[:, None]
    good = iou(centre.boxes, boxes / SIDE) >= 0.5
    result = {
        "pictures": len(labels),
        "top1": centre.top1,
        "top5": centre.top5,
        "mean_iou": centre.mean_iou,
        "iou_half": centre.good_boxes,
        "localisation_top1_error": 1 - float((top[:, 0] & good).float().mean()),
        "localisation_top5_error": 1 - float((top.any(1) & good).float().mean()),
    }
    whole = (0.0, 0.0, float(SIDE), float(SIDE))
    flipped = voted_scores(net, pictures, [(whole, True)], mean, std)
    votes = {
        "mirrored": (centre.scores.softmax(1) + flipped) / 2,
        "ten_views": voted_scores(net, pictures, ten_views(), mean, std),
    }
    for name, chance in votes.items():
        top = chance.topk(5, 1).indices == labels[:, None]
        result[f"{name}_top1"] = float(top[:, 0].float().mean())
        result[f"{name}_top5"] = float(top.any(1).float().mean())
    windows, target = off_centre(pictures)
    _, answer = run_windows(net, pictures, windows, mean, std)
    result["off_centre_iou_half"] = float((iou(answer, target) >= 0.5).float().mean())
    median = target.median(0).values.expand_as(target)
    result["off_centre_median_box"] = float((iou(median, target) >= 0.5).float().mean())
    result.update(_baselines(pictures))
    result.update(_background(net, pictures, mean, std, centre.scores))
    return result


def _baselines(pictures: Pictures) -> dict[str, float]:
    """Answers that do not look at the picture."""
    boxes = torch.from_numpy(np.asarray(pictures.boxes)) / SIDE
    median = boxes.median(0).values.expand_as(boxes)
    whole = torch.tensor([0.0, 0.0, 1.0, 1.0]).expand_as(boxes)
    return {
        "baseline_median_box": float((iou(median, boxes) >= 0.5).float().mean()),
        "baseline_whole_picture": float((iou(whole, boxes) >= 0.5).float().mean()),
    }


def _background(
    net: WindowNet, pictures: Pictures, mean: Tensor, std: Tensor, centre_scores: Tensor
) -> dict[str, float]:
    """Windows without the object: which share is called an object, at several thresholds."""
    boxes = torch.from_numpy(np.asarray(pictures.boxes))
    wide = (margins(boxes).max(1).values >= NARROWEST_STRIP).nonzero().flatten()
    result: dict[str, float] = {}
    for name, tiled in (("enlarged", False), ("tiled", True)):
        rng = torch.Generator().manual_seed(11)
        windows = background_windows(wide, boxes[wide], rng)
        repeats = (
            torch.full_like(windows.mirror, 2.0)
            if tiled
            else torch.ones_like(windows.mirror)
        )
        windows.mirror = repeats
        scores, _ = run_windows(net, pictures, windows, mean, std)
        result.update(_object_shares(f"background_{name}", scores))
        result[f"background_{name}_windows"] = len(wide)
    material = plain_material(1000, SIDE, torch.Generator().manual_seed(12))
    device = next(net.parameters()).device
    images = (material - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1)
    with torch.no_grad():
        scores = torch.cat(
            [net(part.to(device))[0].float().cpu() for part in images.split(250)]
        )
    result.update(_object_shares("background_plain", scores))
    centre = centre_scores.softmax(1)
    for threshold in (0.3, 0.5):
        found = centre[:, :-1].max(1).values >= threshold
        result[f"objects_answered_{threshold}"] = float(found.float().mean())
    result["objects_called_background"] = float(
        (centre.argmax(1) == centre.shape[1] - 1).float().mean()
    )
    return result


def _object_shares(name: str, scores: Tensor) -> dict[str, float]:
    chance = scores.softmax(1)
    best = chance[:, :-1].max(1).values
    result = {
        f"{name}_argmax": float(
            (chance.argmax(1) != chance.shape[1] - 1).float().mean()
        )
    }
    for threshold in (0.3, 0.5):
        result[f"{name}_above_{threshold}"] = float((best >= threshold).float().mean())
    return result


def _vote(
    parts: list[tuple[WindowNet, dict[str, Any]]], pictures: Pictures
) -> dict[str, float]:
    """Several networks: mean class probability, mean box (centre view)."""
    labels = torch.from_numpy(np.asarray(pictures.labels))
    answers = [centre_view(net, pictures, s["mean"], s["std"]) for net, s in parts]
    chance = torch.stack([a.scores.softmax(1) for a in answers]).mean(0)
    top = chance.topk(5, 1).indices == labels[:, None]
    box = torch.stack([a.boxes for a in answers]).mean(0)
    overlap = iou(box, torch.from_numpy(np.asarray(pictures.boxes)) / SIDE)
    return {
        "vote_top1": float(top[:, 0].float().mean()),
        "vote_top5": float(top.any(1).float().mean()),
        "vote_iou_half": float((overlap >= 0.5).float().mean()),
    }


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--checkpoint",
        type=Path,
        nargs="+",
        required=True,
        help="several: also their vote",
    )
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder written by prepare"
    )
    parser.add_argument("--split", default="val")
    parser.add_argument(
        "--device", default="cuda" if torch.cuda.is_available() else "cpu"
    )
    options = parser.parse_args()
    try:
        pictures = open_cache(options.cache, options.split)
        parts = [load_averaged(path) for path in options.checkpoint]
    except RecipeError as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 3
    for path, (net, state) in zip(options.checkpoint, parts, strict=True):
        net.to(options.device).to(memory_format=torch.channels_last)
        figures = report(net, pictures, state["mean"], state["std"])
        named = {"checkpoint": path.parent.name, **figures}
        print(
            json.dumps(
                {
                    k: round(v, 4) if isinstance(v, float) else v
                    for k, v in named.items()
                }
            ),
            flush=True,
        )
    if len(parts) > 1:
        print(json.dumps({k: round(v, 4) for k, v in _vote(parts, pictures).items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
