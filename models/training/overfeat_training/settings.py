# SPDX-License-Identifier: Apache-2.0
"""Everything that can be chosen about a run, and how it changes while the run goes on."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from pathlib import Path

from .records import RecipeError
from .windows import Strength


@dataclass(frozen=True)
class Settings:
    """One run. `minutes` or `epochs` says how long it is; the whole schedule follows from that."""

    widths: str = "default"
    minutes: float = 0.0
    epochs: float = 20.0
    batch: int = 128
    seed: int = 1
    rate: float = 0.15
    warmup: float = 0.04
    momentum: float = 0.9
    decay: float = 5e-4
    smoothing: float = 0.1
    background: float = 0.125
    hard_negatives: bool = True
    box_weight: float = 1.5
    box_rate: float = 1.0
    box_loss: str = "giou"
    box_gradients: bool = True
    ema: float = 0.999
    clip: float = 5.0
    sides: str = "0:32,0.32:48,0.7:64"
    teacher: str = ""
    teacher_weight: float = 0.7
    augment: float = 1.0
    smallest: float = 0.55
    exact: float = 0.3
    start: str = ""

    def side(self, progress: float) -> int:
        """Window side in training at this share of the run."""
        now = 64
        for part in self.sides.split(","):
            start, side = part.split(":")
            if progress >= float(start):
                now = int(side)
        return now

    def learning_rate(self, progress: float) -> float:
        """Linear warm-up, then half a cosine down to nearly nothing at the end."""
        if progress < self.warmup:
            return self.rate * (0.05 + 0.95 * progress / self.warmup)
        rest = min((progress - self.warmup) / (1 - self.warmup), 1.0)
        return self.rate * (0.0005 + 0.9995 * 0.5 * (1 + math.cos(math.pi * rest)))

    def strength(self, progress: float) -> Strength:
        """Strong variation early, mild at the end."""
        late = max(0.0, (progress - 0.6) / 0.4)
        smallest = self.smallest + max(0.75 - self.smallest, 0.0) * late
        return Strength(
            smallest=smallest if self.augment > 0 else 1.0,
            largest=1.1 if self.augment > 0 else 1.0,
            aspect=0.15 * self.augment,
            colour=(1.0 - 0.4 * late) * self.augment,
            blur=(0.15 - 0.08 * late) * self.augment,
            exact=self.exact,
        )


def load_settings(
    path: Path | None, given: dict[str, object], stored: dict[str, object] | None = None
) -> Settings:
    """Settings of a stopped run or of a JSON file, then those given on the command line."""
    values = dict(stored or {})
    if path is not None and stored is None:
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RecipeError(
                f"{path}: not a usable configuration ({error})"
            ) from error
    values.update({name: value for name, value in given.items() if value is not None})
    known = {f.name for f in fields(Settings)}
    unknown = set(values) - known
    if unknown:
        raise RecipeError(
            f"{path or 'checkpoint'}: unknown settings {', '.join(sorted(unknown))}; "
            f"known are {', '.join(sorted(known))}"
        )
    return Settings(**values)  # type: ignore[arg-type]
