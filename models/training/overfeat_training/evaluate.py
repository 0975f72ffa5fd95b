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

from .cache import SIDE, Pictures, open_cache
from .checkpoint import load_averaged
from .losses import iou
from .measure import best_answers, centre_view
from .network import WindowNet
from .records import RecipeError
from .views import View, answers, dense_scores, ten_views, voted_scores
from .windows_set import WindowSet, window_sets


def report(
    net: WindowNet, pictures: Pictures, mean: Tensor, std: Tensor
) -> dict[str, float]:
    """All figures of one network on one split (shares, not per cent)."""
    sets = window_sets(pictures)
    labels, boxes = _truth(sets["whole"])
    scores, box = answers(net, sets["whole"].images, mean, std)
    overlap = iou(box, boxes)
    top, good = best_answers(scores, labels), overlap >= 0.5
    result: dict[str, float] = {
        "pictures": len(labels),
        "top1": _share(top[:, 0]),
        "top5": _share(top.any(1)),
        "mean_iou": float(overlap.mean()),
        "iou_half": _share(good),
        "localisation_top1_error": 1 - _share(top[:, 0] & good),
        "localisation_top5_error": 1 - _share(top.any(1) & good),
    }
    whole: list[View] = [(0, 0, SIDE, False), (0, 0, SIDE, True)]
    votes = {
        "mirrored": voted_scores(net, pictures, whole, mean, std),
        "ten_views": voted_scores(net, pictures, ten_views(), mean, std),
        "dense": dense_scores(net, pictures, [False], mean, std),
        "dense_mirrored": dense_scores(net, pictures, [False, True], mean, std),
    }
    for name, chance in votes.items():
        top = best_answers(chance, labels)
        result[f"{name}_top1"] = _share(top[:, 0])
        result[f"{name}_top5"] = _share(top.any(1))
    _, target = _truth(sets["off_centre"])
    _, answer = answers(net, sets["off_centre"].images, mean, std)
    overlap = iou(answer, target)
    result["off_centre_mean_iou"] = float(overlap.mean())
    result["off_centre_iou_half"] = _share(overlap >= 0.5)
    median = target.median(0).values.expand_as(target)
    result["off_centre_median_box"] = _share(iou(median, target) >= 0.5)
    result.update(_baselines(boxes))
    for name in ("background_enlarged", "background_tiled", "background_plain"):
        if len(sets[name].images):
            empty, _ = answers(net, sets[name].images, mean, std)
            result[f"{name}_windows"] = len(empty)
            result.update(_object_shares(name, empty))
    chance = scores.softmax(1)
    for threshold in (0.3, 0.5):
        found = chance[:, :-1].max(1).values >= threshold
        result[f"objects_answered_{threshold}"] = _share(found)
    result["objects_called_background"] = _share(
        scores.argmax(1) == scores.shape[1] - 1
    )
    return result


def _share(true: Tensor) -> float:
    return float(true.float().mean())


def _truth(some: WindowSet) -> tuple[Tensor, Tensor]:
    assert some.labels is not None and some.boxes is not None
    return some.labels, some.boxes


def _baselines(boxes: Tensor) -> dict[str, float]:
    """Answers that do not look at the picture."""
    median = boxes.median(0).values.expand_as(boxes)
    whole = torch.tensor([0.0, 0.0, 1.0, 1.0]).expand_as(boxes)
    return {
        "baseline_median_box": _share(iou(median, boxes) >= 0.5),
        "baseline_whole_picture": _share(iou(whole, boxes) >= 0.5),
    }


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
    top = best_answers(chance, labels)
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
