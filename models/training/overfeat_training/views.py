# SPDX-License-Identifier: Apache-2.0
"""Several views of each picture, and rectangles off the centre, for measuring."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .cache import SIDE, Pictures
from .network import WINDOW, WindowNet
from .windows import Windows, render, target_boxes


def ten_views() -> list[tuple[tuple[float, float, float, float], bool]]:
    """Centre and four corners, each also mirrored, of the picture enlarged by 72/64 (windows of 64)."""
    side = SIDE * 64.0 / 72.0
    free = SIDE - side
    corners = [(0.5, 0.5), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
    views = []
    for across, down in corners:
        x, y = across * free, down * free
        views += [((x, y, x + side, y + side), flip) for flip in (False, True)]
    return views


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
    mean, std = mean.view(1, 3, 1, 1).to(device), std.view(1, 3, 1, 1).to(device)
    scores, boxes = [], []
    for part in torch.arange(len(windows.source)).split(250):
        some = windows.take(part)
        pixels = torch.from_numpy(pictures.pixels[some.source.numpy()]).to(device)
        images = (render(pixels, some, side) - mean) / std
        answer = net(images.contiguous(memory_format=torch.channels_last))
        scores.append(answer[0].float().cpu())
        boxes.append(answer[1].float().cpu())
    return torch.cat(scores), torch.cat(boxes)


def same_windows(
    count: int, rect: tuple[float, float, float, float], flip: bool
) -> Windows:
    """One and the same rectangle in every picture."""
    return Windows(
        torch.arange(count),
        torch.tensor(rect).expand(count, 4).contiguous(),
        torch.full((count,), flip),
        torch.ones(count),
    )


def voted_scores(
    net: WindowNet,
    pictures: Pictures,
    views: list[tuple[tuple[float, float, float, float], bool]],
    mean: Tensor,
    std: Tensor,
) -> Tensor:
    """Mean class probability over the views."""
    total = torch.zeros(())
    for rect, flip in views:
        windows = same_windows(len(pictures.labels), rect, flip)
        scores, _ = run_windows(net, pictures, windows, mean, std)
        total = total + scores.softmax(1)
    return total / len(views)


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
