# SPDX-License-Identifier: Apache-2.0
"""Which windows are looked at in training, and how they are drawn.

A window is a rectangle in a source picture of SIDE pixels. Object windows hold the object at a random
position and scale (at least half of it visible, the paper's 50 % rule); background windows lie entirely
beside the object, or show made-up plain material. Everything is done for a whole batch with tensors.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .cache import SIDE


@dataclass(frozen=True)
class Strength:
    """How strongly object windows vary at one moment of the training."""

    smallest: float = 0.55
    largest: float = 1.1
    aspect: float = 0.15
    visible: float = 0.6
    colour: float = 1.0
    blur: float = 0.15
    exact: float = 0.0


@dataclass
class Windows:
    """A batch of window rectangles (x1, y1, x2, y2 in source pixels) and how to draw them."""

    source: Tensor
    rect: Tensor
    flip: Tensor
    mirror: Tensor

    def take(self, index: Tensor) -> Windows:
        """A part of the batch."""
        return Windows(
            self.source[index], self.rect[index], self.flip[index], self.mirror[index]
        )


def join(parts: list[Windows]) -> Windows:
    """Several batches after one another."""
    return Windows(
        torch.cat([p.source for p in parts]),
        torch.cat([p.rect for p in parts]),
        torch.cat([p.flip for p in parts]),
        torch.cat([p.mirror for p in parts]),
    )


def uniform(
    count: int | tuple[int, ...], low: float, high: float, rng: torch.Generator
) -> Tensor:
    """Uniform random numbers."""
    return torch.rand(count, generator=rng) * (high - low) + low


def visible_share(rect: Tensor, box: Tensor) -> Tensor:
    """Share of each box's area that lies in its window."""
    low = torch.maximum(rect[..., :2], box[..., :2])
    high = torch.minimum(rect[..., 2:], box[..., 2:])
    inside = (high - low).clamp(min=0).prod(-1)
    return inside / (box[..., 2:] - box[..., :2]).prod(-1).clamp(min=1e-6)


def object_windows(
    source: Tensor, boxes: Tensor, how: Strength, rng: torch.Generator
) -> Windows:
    """One window per picture with enough of the object in it (of four tries, else the whole picture)."""
    count, tries = len(source), 4
    shape = (count, tries)
    low = torch.log(torch.tensor([how.smallest, how.largest]))
    side = torch.exp(uniform(shape, float(low[0]), float(low[1]), rng)) * SIDE
    aspect = torch.exp(uniform(shape, -how.aspect, how.aspect, rng))
    extent = torch.stack([side * aspect, side / aspect], -1)
    margin = 0.06 * SIDE
    free = SIDE + 2 * margin - extent
    corner = torch.rand((*shape, 2), generator=rng) * free - margin
    rect = torch.cat([corner, corner + extent], -1)
    good = visible_share(rect, boxes[:, None, :]) >= how.visible
    first = good.float().argmax(1)
    chosen = rect[torch.arange(count), first]
    chosen[~good.any(1)] = torch.tensor([0.0, 0.0, SIDE, SIDE])
    if how.exact > 0:
        # Unscaled, whole-pixel windows: as sharp as the pictures themselves, which resampled ones are not.
        shift = torch.randint(-4, 5, (count, 2), generator=rng).float()
        whole = torch.cat([shift, shift + SIDE], 1)
        use = torch.rand(count, generator=rng) < how.exact
        use &= visible_share(whole, boxes) >= how.visible
        chosen[use] = whole[use]
    flip = torch.rand(count, generator=rng) < 0.5
    return Windows(source, chosen, flip, torch.ones(count))


def margins(boxes: Tensor) -> Tensor:
    """Width of the object-free strip left of, above, right of and below each box."""
    return torch.stack(
        [boxes[:, 0], boxes[:, 1], SIDE - boxes[:, 2], SIDE - boxes[:, 3]], 1
    )


def background_windows(source: Tensor, boxes: Tensor, rng: torch.Generator) -> Windows:
    """One window beside the object per picture: enlarged, or mirror-tiled at about its own sharpness."""
    count = len(source)
    strips = margins(boxes).clamp(min=0)
    pick = (strips * uniform((count, 4), 0.5, 1.0, rng)).argmax(1)
    room = strips[torch.arange(count), pick]
    side = torch.minimum(uniform(count, 8.0, 40.0, rng), room)
    along = torch.rand(count, generator=rng) * (SIDE - side)
    across = torch.rand(count, generator=rng) * (room - side)
    across = torch.where(pick >= 2, SIDE - side - across, across)
    horizontal = pick % 2 == 0
    x = torch.where(horizontal, across, along)
    y = torch.where(horizontal, along, across)
    rect = torch.stack([x, y, x + side, y + side], 1)
    tiled = torch.rand(count, generator=rng) < 0.5
    repeats = (SIDE / side.clamp(min=4)) * uniform(count, 0.5, 1.1, rng)
    mirror = torch.where(tiled, repeats.clamp(min=1.0), torch.ones(count))
    return Windows(source, rect, torch.rand(count, generator=rng) < 0.5, mirror)


def target_boxes(windows: Windows, boxes: Tensor) -> Tensor:
    """The boxes of the pictures in window units, with the flip applied."""
    rect = windows.rect
    extent = rect[:, 2:] - rect[:, :2]
    low = (boxes[:, :2] - rect[:, :2]) / extent
    high = (boxes[:, 2:] - rect[:, :2]) / extent
    flipped_low = torch.where(windows.flip, 1 - high[:, 0], low[:, 0])
    flipped_high = torch.where(windows.flip, 1 - low[:, 0], high[:, 0])
    return torch.stack([flipped_low, low[:, 1], flipped_high, high[:, 1]], 1)


def render(pictures: Tensor, windows: Windows, side: int) -> Tensor:
    """Draw the windows (float, 0..255, N x 3 x side x side) from uint8 N x H x W x 3 pictures."""
    device = pictures.device
    ticks = (torch.arange(side, device=device, dtype=torch.float32) + 0.5) / side
    rect = windows.rect.to(device)
    mirror = windows.mirror.to(device)[:, None]
    along = ticks[None, :].expand(len(rect), -1)
    across = torch.where(windows.flip.to(device)[:, None], 1 - along, along)
    coordinates = []
    for axis, ramp in ((0, across), (1, along)):
        wave = torch.remainder(ramp * mirror, 2.0)
        wave = torch.where(wave > 1, 2 - wave, wave)
        low, high = rect[:, axis, None], rect[:, axis + 2, None]
        coordinates.append((low + wave * (high - low)) * (2.0 / SIDE) - 1.0)
    grid = torch.stack(
        [
            coordinates[0][:, None, :].expand(-1, side, -1),
            coordinates[1][:, :, None].expand(-1, -1, side),
        ],
        -1,
    )
    return functional.grid_sample(
        pictures.permute(0, 3, 1, 2).float(),
        grid,
        padding_mode="reflection",
        align_corners=False,
    )


def vary_colours(images: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """Brightness, contrast, per-channel gain, and grey for one in twelve."""
    count = len(images)
    gain = torch.exp(uniform((count, 1, 1, 1), -0.25, 0.25, rng) * strength)
    tint = torch.exp(uniform((count, 3, 1, 1), -0.1, 0.1, rng) * strength)
    shift = uniform((count, 1, 1, 1), -20.0, 20.0, rng) * strength
    grey = torch.rand(count, generator=rng) < strength / 12
    images = (images - 114.0) * (gain * tint).to(images.device) + (shift + 114.0).to(
        images.device
    )
    if bool(grey.any()):
        where = grey.nonzero().flatten().to(images.device)
        images[where] = images[where].mean(1, keepdim=True).expand(-1, 3, -1, -1)
    return images.clamp_(0, 255)


def blur_some(images: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """Halve and re-enlarge some of the images, so that blur alone does not mean background."""
    where = (
        (torch.rand(len(images), generator=rng) < share)
        .nonzero()
        .flatten()
        .to(images.device)
    )
    if len(where):
        small = functional.avg_pool2d(images[where], 2)
        images[where] = functional.interpolate(
            small, size=images.shape[-2:], mode="bilinear", align_corners=False
        )
    return images


def plain_material(count: int, side: int, rng: torch.Generator) -> Tensor:
    """Made-up walls and floors: shaded colour, an edge or stripes between two colours, and noise."""
    ticks = (torch.arange(side) + 0.5) / side - 0.5
    angle = uniform((count, 1, 1), 0.0, 6.2832, rng)
    ramp = (
        torch.cos(angle) * ticks[None, None, :]
        + torch.sin(angle) * ticks[None, :, None]
    )
    kind = torch.randint(0, 4, (count, 1, 1), generator=rng)
    edge = torch.sigmoid((ramp - uniform((count, 1, 1), -0.4, 0.4, rng)) * 80)
    stripes = 0.5 + 0.5 * torch.sin(ramp * uniform((count, 1, 1), 8.0, 60.0, rng))
    blend = torch.where(kind == 0, edge, torch.where(kind == 1, stripes, ramp + 0.5))
    first = uniform((count, 3, 1, 1), 0.0, 255.0, rng)
    grey = uniform((count, 1, 1, 1), 20.0, 240.0, rng)
    first = grey + (first - grey) * uniform((count, 1, 1, 1), 0.0, 0.6, rng)
    second = first + torch.randn((count, 3, 1, 1), generator=rng) * 12
    second = second + torch.randn((count, 1, 1, 1), generator=rng) * 45
    images = first + (second - first) * blend[:, None]
    for cells in (3, 8, 32):
        amount = uniform((count, 1, 1, 1), 0.0, 1.0, rng) ** 3 * 40
        noise = torch.randn((count, 1, cells, cells), generator=rng)
        noise = functional.interpolate(
            noise, size=(side, side), mode="bilinear", align_corners=False
        )
        images = images + noise * amount
    return images.clamp(0, 255)
