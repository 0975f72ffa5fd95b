# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.calibrate`: how often a detection with so much confidence is right.

Reads what `overfeat evaluate detection --data SCENES --split tune --dump FILE` wrote and fits the engine's
calibration, score = logistic(offset + slope ln(confidence)), by maximum likelihood. Also names the score above
which showing detections gives the best F1, the balance of how many are right and how many objects are found.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .records import RecipeError

Floats = npt.NDArray[np.float64]
ROUNDS = 50


@dataclass(frozen=True)
class Calibration:
    """The fit, its cross entropy per detection, and the threshold with the best F1."""

    offset: float
    slope: float
    cross_entropy: float
    threshold: float
    f1: float


def read_dump(path: Path, merge: str) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Confidence of every detection that counts, and whether it is right."""
    confidence, right = [], []
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                found = json.loads(line)
                if found["merge"] == merge and not found["ignored"]:
                    confidence.append(float(found["confidence"]))
                    right.append(bool(found["true"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecipeError(
            f"{path}: not a dump of `overfeat evaluate detection` ({error})"
        ) from error
    if not any(right) or all(right):
        raise RecipeError(
            f"{path}: a fit needs right and wrong detections of the merge '{merge}'; measure more scenes"
        )
    return np.asarray(confidence), np.asarray(right)


def fit(confidence: Floats, right: npt.NDArray[np.bool_], objects: int) -> Calibration:
    """Newton's method on the logistic likelihood."""
    inputs = np.column_stack(
        [np.ones(len(confidence)), np.log(np.maximum(confidence, 1e-12))]
    )
    weights = np.zeros(2)
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-inputs @ weights))
        curvature = inputs.T * (chance * (1 - chance)) @ inputs + 1e-9 * np.eye(2)
        weights = weights + np.linalg.solve(curvature, inputs.T @ (right - chance))
    logit = inputs @ weights
    entropy = float(np.mean(np.logaddexp(0, logit) - right * logit))
    order = np.argsort(-logit, kind="stable")
    hits = np.cumsum(right[order])
    f1 = 2 * hits / (np.arange(len(hits)) + 1 + objects)
    best = int(f1.argmax())
    threshold = float(1 / (1 + np.exp(-logit[order][best])))
    return Calibration(
        float(weights[0]), float(weights[1]), entropy, threshold, float(f1[best])
    )


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dump", type=Path, required=True)
    parser.add_argument("--merge", default="vote")
    parser.add_argument(
        "--objects", type=int, required=True, help="how many objects the scenes have"
    )
    given = parser.parse_args()
    try:
        found = fit(*read_dump(given.dump, given.merge), given.objects)
    except RecipeError as error:
        print(f"calibrate: {error}", file=sys.stderr)
        return 3
    print(
        f"offset {found.offset:.2f} slope {found.slope:.2f} cross entropy {found.cross_entropy:.5f}; "
        f"best F1 {found.f1:.3f} at a score of {found.threshold:.2f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
