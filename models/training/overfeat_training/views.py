# SPDX-License-Identifier: Apache-2.0
"""Several views of each picture, and rectangles off the centre, for measuring."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .cache import SIDE, Pictures
from .network import WINDOW, WindowNet
from .windows import Windows, render, target_boxes

# A square of a picture (left, top, side) that fills the window, and whether it is mirrored.
View = tuple[int, int, int, bool]

# The levels of the engine's pyramid for pictures of SIDE pixels (engine/detect/pyramid.h): no picture is
# enlarged by more than 1.5, and windows of 64 pixels at a stride of 16 tile every level.
DENSE_SIDES = (64, 80, 96)
STRIDES_PER_WINDOW = 4


def ten_views() -> list[View]:
    """Centre and four corners, each also mirrored, as the engine cuts them (engine/detect/views.h)."""
    side = round(SIDE * 224 / 256)
    free = SIDE - side
    corners = [(free // 2, free // 2), (0, 0), (free, 0), (0, free), (free, free)]
    return [(x, y, side, flip) for x, y in corners for flip in (False, True)]


def _scaled(pixels: Tensor, side: int) -> Tensor:
    """N x 3 x side x side, rounded to whole grey values as every picture is that the engine resamples."""
    images = pixels.permute(0, 3, 1, 2).float()
    if images.shape[-1] == side:
        return images
    return functional.interpolate(
        images, size=(side, side), mode="bilinear", align_corners=False
    ).round()


@torch.no_grad()
def answers(
    net: WindowNet, images: Tensor, mean: Tensor, std: Tensor
) -> tuple[Tensor, Tensor]:
    """Scores and boxes of windows that are drawn already (N x 3 x side x side, 0..255)."""
    device = next(net.parameters()).device
    mean, std = mean.view(1, 3, 1, 1).to(device), std.view(1, 3, 1, 1).to(device)
    scores, boxes = [], []
    for some in images.split(250):
        pixels = (some.to(device).float() - mean) / std
        answer = net(pixels.contiguous(memory_format=torch.channels_last))
        scores.append(answer[0].float().cpu())
        boxes.append(answer[1].float().cpu())
    return torch.cat(scores), torch.cat(boxes)


@torch.no_grad()
def run_windows(
    net: WindowNet,
    pictures: Pictures,
    windows: Windows,
    mean: Tensor,
    std: Tensor,
    side: int = WINDOW,
) -> tuple[Tensor, Tensor]:
    """Scores and boxes of arbitrary windows, drawn with `side` pixels."""
    device = next(net.parameters()).device
    parts = []
    for part in torch.arange(len(windows.source)).split(250):
        some = windows.take(part)
        pixels = torch.from_numpy(pictures.pixels[some.source.numpy()]).to(device)
        parts.append(answers(net, render(pixels, some, side).round(), mean, std))
    scores, boxes = zip(*parts, strict=True)
    return torch.cat(scores), torch.cat(boxes)


def voted_scores(
    net: WindowNet, pictures: Pictures, views: list[View], mean: Tensor, std: Tensor
) -> Tensor:
    """Mean class probability over the views."""
    parts = []
    for pixels in _parts(pictures):
        total = torch.zeros(())
        for x, y, side, flip in views:
            images = _scaled(pixels[:, y : y + side, x : x + side], WINDOW)
            scores, _ = answers(net, images.flip(3) if flip else images, mean, std)
            total = total + scores.softmax(1)
        parts.append(total / len(views))
    return torch.cat(parts)


@torch.no_grad()
def dense_scores(
    net: WindowNet, pictures: Pictures, flips: list[bool], mean: Tensor, std: Tensor
) -> Tensor:
    """What the engine's dense views give: per class the best window of each level, then the mean.

    The trunk runs once over each level, so windows see their neighbours where they were padded with
    zeros in training; the engine does the same.
    """
    device = next(net.parameters()).device
    mean, std = mean.view(1, 3, 1, 1).to(device), std.view(1, 3, 1, 1).to(device)
    parts = []
    for pixels in _parts(pictures):
        total = torch.zeros(())
        for side in DENSE_SIDES:
            images = (_scaled(pixels, side).to(device) - mean) / std
            for flip in flips:
                level = (images.flip(3) if flip else images).contiguous(
                    memory_format=torch.channels_last
                )
                cells = functional.avg_pool2d(net.trunk(level), STRIDES_PER_WINDOW, 1)
                scores = net.classifier(cells.flatten(2).transpose(1, 2)).softmax(2)
                total = total + scores.max(1).values.float().cpu()
        parts.append(total / (len(DENSE_SIDES) * len(flips)))
    return torch.cat(parts)


def _parts(pictures: Pictures) -> Iterator[Tensor]:
    """All pictures, a few at a time."""
    for part in torch.arange(len(pictures.labels)).split(250):
        yield torch.from_numpy(pictures.pixels[part.numpy()])


def off_centre(pictures: Pictures, seed: int = 3) -> tuple[Windows, Tensor]:
    """One window per picture at 70-85 % of its side that keeps half of the object; and its true box."""
    rng = torch.Generator().manual_seed(seed)
    boxes = torch.from_numpy(np.asarray(pictures.boxes))
    count = len(boxes)
    side = (torch.rand(count, 1, generator=rng) * 0.15 + 0.7) * SIDE
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    corner = torch.rand(count, 2, generator=rng) * (SIDE - side)
    low = (middle - side).clamp(min=0)
    high = torch.minimum(middle, SIDE - side)
    corner = torch.maximum(
        torch.minimum(corner, high.clamp(min=0)), torch.minimum(low, high.clamp(min=0))
    )
    flip = torch.zeros(count, dtype=torch.bool)
    windows = Windows(
        torch.arange(count),
        torch.cat([corner, corner + side], 1),
        flip,
        torch.ones(count),
    )
    return windows, target_boxes(windows, boxes)
