# SPDX-License-Identifier: Apache-2.0
"""Everything that can be chosen about a run, and how it changes while the run goes on."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, fields
from pathlib import Path

from .losses import BOX_LOSSES
from .network import PRESETS
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
    box_limit: float = 0.05
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

    def box_learning_rate(self, progress: float) -> float:
        """Of the box head's linear layers, which no normalisation keeps in bounds.

        The step they take is rate times weight of the loss, whatever clipping leaves of it; measured on
        the shipped network's maps, they stop learning above `box_limit` and diverge at ten times that.
        """
        wanted = self.learning_rate(progress) * self.box_rate
        return min(wanted, self.box_limit / max(self.box_weight, 1e-6))

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
            values = dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
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
    settings = Settings(**values)  # type: ignore[arg-type]
    _check(settings, path)
    return settings


def _check(settings: Settings, path: Path | None) -> None:
    """Refuse values that would only fail once the run has begun."""
    where = path or "checkpoint"
    for field in fields(Settings):
        value, default = getattr(settings, field.name), field.default
        number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = number if isinstance(default, float) else type(value) is type(default)
        if not fits:
            raise RecipeError(
                f"{where}: the setting {field.name} is {value!r}, but it has to be like {default!r}"
            )
    choices = {"widths": list(PRESETS), "box_loss": list(BOX_LOSSES)}
    for name, known in choices.items():
        if getattr(settings, name) not in known:
            raise RecipeError(
                f"{where}: the setting {name} is {getattr(settings, name)!r}, "
                f"but it has to be one of {', '.join(known)}"
            )
    if not re.fullmatch(r"\d*\.?\d+:\d+(,\d*\.?\d+:\d+)*", settings.sides):
        raise RecipeError(
            f"{where}: the setting sides is {settings.sides!r}, but it has to be like {Settings.sides!r}"
        )
