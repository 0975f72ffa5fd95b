# SPDX-License-Identifier: Apache-2.0
"""Training batches: object windows, background windows, and background windows that were hard before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .cache import Pictures
from .windows import (
    Strength,
    Windows,
    background_windows,
    blur_some,
    join,
    margins,
    object_windows,
    plain_material,
    render,
    target_boxes,
    vary_colours,
)

NARROWEST_STRIP = 12.0


@dataclass
class Batch:
    """Normalised windows, classes, boxes in window units; the first `objects` rows hold objects."""

    images: Tensor
    classes: Tensor
    boxes: Tensor
    objects: int
    background: Windows


@dataclass
class HardWindows:
    """The background windows with the highest loss seen lately (a ring)."""

    size: int
    kept: list[Windows] = field(default_factory=list)

    def add(self, windows: Windows, losses: Tensor) -> None:
        """Keep the worse half of these windows."""
        if len(losses) < 2:
            return
        worst = losses.argsort(descending=True)[: len(losses) // 2]
        self.kept.append(windows.take(worst))
        while sum(len(w.source) for w in self.kept) > self.size:
            self.kept.pop(0)

    def draw(self, count: int, rng: torch.Generator) -> Windows | None:
        """Random ones of those kept."""
        if not self.kept or count == 0:
            return None
        everything = join(self.kept[-64:])
        index = torch.randint(0, len(everything.source), (count,), generator=rng)
        return everything.take(index)


class Batches:
    """An endless, resumable stream of batches."""

    def __init__(
        self,
        pictures: Pictures,
        batch: int,
        background: float,
        mean: Tensor,
        std: Tensor,
        seed: int,
        device: torch.device,
    ) -> None:
        self.pictures = pictures
        self.batch = batch
        self.mean = mean.view(1, 3, 1, 1).to(device)
        self.std = std.view(1, 3, 1, 1).to(device)
        self.device = device
        self.rng = torch.Generator().manual_seed(seed)
        self.labels = torch.from_numpy(pictures.labels)
        self.boxes = torch.from_numpy(pictures.boxes)
        widest = margins(self.boxes).max(1).values
        self.strip_pool = (widest >= NARROWEST_STRIP).nonzero().flatten()
        self.hard = HardWindows(4096)
        self.background = round(batch * background)
        self.order = torch.empty(0, dtype=torch.int64)
        self.position = 0
        self.epoch = 0
        self.resident = (
            torch.from_numpy(np.array(pictures.pixels)).to(device)
            if device.type == "cuda"
            else None
        )

    def state(self) -> dict[str, Any]:
        """Everything that makes the stream continue where it was."""
        return {
            "rng": self.rng.get_state(),
            "order": self.order,
            "position": self.position,
            "epoch": self.epoch,
            "hard": [(w.source, w.rect, w.flip, w.mirror) for w in self.hard.kept],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from `state()`."""
        self.rng.set_state(state["rng"])
        self.order, self.position = state["order"], state["position"]
        self.epoch = state["epoch"]
        self.hard.kept = [Windows(*parts) for parts in state["hard"]]

    @property
    def epochs(self) -> float:
        """How often every picture has been used as an object."""
        return self.epoch - 1 + self.position / max(len(self.labels), 1)

    def _next_sources(self, count: int) -> Tensor:
        if self.position + count > len(self.order):
            self.order = torch.randperm(len(self.labels), generator=self.rng)
            while len(self.order) < count:
                self.order = self.order.repeat(2)
            self.position = 0
            self.epoch += 1
        chosen = self.order[self.position : self.position + count]
        self.position += count
        return chosen

    def _pixels(self, source: Tensor) -> Tensor:
        if self.resident is not None:
            return self.resident[source.to(self.device)]
        return torch.from_numpy(self.pictures.pixels[source.numpy()])

    def draw(self, side: int, how: Strength) -> Batch:
        """The next batch with windows of `side` pixels."""
        rng = self.rng
        made_up = self.background // 4
        again = self.background // 5 if self.hard.kept else 0
        fresh = self.background - made_up - again if len(self.strip_pool) else 0
        made_up = self.background - again - fresh
        source = self._next_sources(self.batch - self.background)
        windows = object_windows(source, self.boxes[source], how, rng)
        parts = []
        if fresh:
            pick = torch.randint(0, len(self.strip_pool), (fresh,), generator=rng)
            beside = self.strip_pool[pick]
            parts.append(background_windows(beside, self.boxes[beside], rng))
        hard = self.hard.draw(again, rng)
        if hard is not None:
            parts.append(hard)
        drawn = join([windows, *parts])
        images = render(self._pixels(drawn.source), drawn, side)
        images[: len(source)] = blur_some(images[: len(source)], how.blur, rng)
        if made_up:
            material = plain_material(made_up, side, rng).to(self.device)
            images = torch.cat([images, material])
        images = vary_colours(images, how.colour, rng)
        images = ((images - self.mean) / self.std).contiguous(
            memory_format=torch.channels_last
        )
        classes = torch.full((len(images),), len(self.pictures.classes))
        classes[: len(source)] = self.labels[source]
        boxes = target_boxes(windows, self.boxes[source])
        background = join(parts) if parts else windows.take(torch.arange(0))
        return Batch(
            images,
            classes.to(self.device),
            boxes.to(self.device),
            len(source),
            background,
        )


def colour_statistics(pictures: Pictures, count: int = 10_000) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation per channel (0..255), from an even sample of the pictures."""
    step = max(len(pictures.labels) // count, 1)
    sample = torch.from_numpy(np.array(pictures.pixels[::step])).float()
    return sample.mean((0, 1, 2)), sample.std((0, 1, 2))
