# SPDX-License-Identifier: Apache-2.0
"""What was seen in a picture."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from overfeat import _core


class Box(NamedTuple):
    """A rectangle in pixels of the picture; it may reach outside."""

    x: float
    """Of the left edge."""
    y: float
    """Of the upper edge."""
    width: float
    """To the right edge."""
    height: float
    """To the lower edge."""


class Answer(NamedTuple):
    """A class and how sure the views are, together, that it is there."""

    label: str
    """What it is called."""
    id: str
    """WordNet's, or the taught class's; may be ""."""
    class_index: int
    """Of Recognition.scores."""
    score: float
    """0 to 1."""
    taught: bool
    """By an example, and not of the network."""


class Object(NamedTuple):
    """An object that was found."""

    label: str
    """What it is called."""
    id: str
    """As of Answer."""
    class_index: int
    """Of Recognition.scores."""
    score: float
    """0 to 1: how often such an object is right."""
    confidence: float
    """Accumulated by the votes; not bounded by 1."""
    votes: int
    """Windows that agree."""
    box: Box
    """Where it is."""
    taught: bool
    """By an example, and not of the network."""


class Scale(NamedTuple):
    """What the network said at every window of one size of the picture.

    The window of row r and column c is first_window moved by (c * step[0], r * step[1]) pixels.
    """

    values: npt.NDArray[np.float32]
    """(classes, rows, columns), 0 to 1; read-only, no copy."""
    first_class: int
    """values[0] is of this class; those that were taught come behind the network's."""
    first_window: Box
    """Of row 0 and column 0."""
    step: tuple[float, float]
    """Pixels: to the right, down."""


class Recognition:
    """Everything that was seen in one picture. Arrays are views into it: nothing is copied."""

    def __init__(self, seen: _core.Seen) -> None:
        self._seen = seen

    @cached_property
    def scores(self) -> npt.NDArray[np.float32]:
        """One score per class, (classes,), float32, 0 to 1: a read-only view."""
        return self._seen.scores()

    @cached_property
    def labels(self) -> list[str]:
        """What the classes are called: the network's and, behind them, those that were taught."""
        return [self._seen.class_at(i)[1] for i in range(self._seen.class_count())]

    def top(self, count: int = 5) -> list[Answer]:
        """The best classes, best first, without the class of nothing."""
        answers = []
        for index in self._seen.top(max(count, 0)):
            identifier, label, taught, _ = self._seen.class_at(index)
            answers.append(
                Answer(label, identifier, index, float(self.scores[index]), taught)
            )
        return answers

    @cached_property
    def objects(self) -> list[Object]:
        """What was found, best first. Empty for single views and networks that cannot slide."""
        found = []
        for index, score, confidence, votes, box in self._seen.objects():
            identifier, label, taught, _ = self._seen.class_at(index)
            found.append(
                Object(
                    label,
                    identifier,
                    index,
                    score,
                    confidence,
                    votes,
                    Box(*box),
                    taught,
                )
            )
        return found

    @cached_property
    def scales(self) -> list[Scale]:
        """The score maps of all classes, smallest picture (largest windows) first.

        Those of what was taught follow, with windows of their own. Empty for single views.
        """
        return [
            Scale(values, first_class, Box(*window), step)
            for values, first_class, window, step in self._seen.scales()
        ]

    @property
    def milliseconds(self) -> dict[str, float]:
        """How long each stage took."""
        stages = ("resize", "network", "heads", "voting")
        return {stage: self._seen.stage_ms(stage) for stage in stages}
