# SPDX-License-Identifier: Apache-2.0
"""One centre view of every picture: what it gives on a split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .cache import SIDE, Pictures
from .losses import iou
from .network import WindowNet


@dataclass(frozen=True)
class CentreView:
    """What one centre view per picture gives."""

    scores: Tensor
    boxes: Tensor
    top1: float
    top5: float
    good_boxes: float
    mean_iou: float


def best_answers(scores: Tensor, labels: Tensor) -> Tensor:
    """Whether each of the five best classes is the right one; background is no answer."""
    return (
        scores[:, :-1].topk(min(5, scores.shape[1] - 1), 1).indices == labels[:, None]
    )


@torch.no_grad()
def centre_view(
    net: WindowNet,
    pictures: Pictures,
    mean: Tensor,
    std: Tensor,
    side: int = SIDE,
    limit: int | None = None,
) -> CentreView:
    """One view of the whole picture each; with `limit`, an even sample of the split."""
    device = next(net.parameters()).device
    step = max(len(pictures.labels) // limit, 1) if limit else 1
    index = np.arange(0, len(pictures.labels), step)
    mean, std = mean.view(1, 3, 1, 1).to(device), std.view(1, 3, 1, 1).to(device)
    scores, boxes = [], []
    for part in np.array_split(index, max(len(index) // 250, 1)):
        images = (
            torch.from_numpy(pictures.pixels[part])
            .to(device)
            .permute(0, 3, 1, 2)
            .float()
        )
        if side != SIDE:
            images = functional.interpolate(
                images, size=(side, side), mode="bilinear", antialias=True
            )
        images = ((images - mean) / std).contiguous(memory_format=torch.channels_last)
        answer = net(images)
        scores.append(answer[0].float().cpu())
        boxes.append(answer[1].float().cpu())
    score, box = torch.cat(scores), torch.cat(boxes)
    label = torch.from_numpy(pictures.labels[index])
    top = best_answers(score, label)
    overlap = iou(box, torch.from_numpy(pictures.boxes[index]) / SIDE)
    return CentreView(
        score,
        box,
        float(top[:, 0].float().mean()),
        float(top.any(1).float().mean()),
        float((overlap >= 0.5).float().mean()),
        float(overlap.mean()),
    )
