# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.objectness`: the head that says which windows show an object.

The odds of a window are exp(bias + weights . features), fitted by maximum likelihood with a penalty on the weights of
standardised features. In the engine the chance that goes with the odds to the power of SHARPNESS is what a window's
votes are multiplied by.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from .records import RecipeError

Floats = npt.NDArray[np.float64]
SHARPNESS = 2  # of 1 and 2 the one with the higher average precision (README.md)
ROUNDS = 1000
STEADY = 1e-5  # a step that changes no weight by more is the last one


@dataclass(frozen=True)
class Windows:
    """What object_windows has written."""

    features: Floats
    probability: Floats
    shows: npt.NDArray[np.bool_]
    picture: npt.NDArray[np.int32]

    def part(self, which: npt.NDArray[np.bool_]) -> Windows:
        """The windows that are `True` in `which`."""
        return Windows(self.features[which], self.probability[which], self.shows[which], self.picture[which])  # fmt: skip


@dataclass(frozen=True)
class Head:
    """Of one trunk."""

    weights: Floats
    bias: float

    def __call__(self, features: Floats) -> Floats:
        return features @ self.weights + self.bias


def read(path: Path) -> Windows:
    """Throws RecipeError for a file that is none."""
    try:
        # Opened here: of a file that is none NumPy leaves its own open.
        with path.open("rb") as stream, np.load(stream) as file:
            return Windows(
                file["features"].astype(np.float64), file["probability"].astype(np.float64),
                file["shows"], file["picture"],
            )  # fmt: skip
    except (OSError, EOFError, BadZipFile, ValueError, KeyError, TypeError) as error:
        raise RecipeError(
            f"{path}: not a file of windows ({error}); make it with object_windows"
        ) from error


def joined(sets: list[Windows]) -> Windows:
    """All of them. Each file counts its pictures by itself, which is all that folds need."""
    return Windows(
        np.concatenate([s.features for s in sets]),
        np.concatenate([s.probability for s in sets]),
        np.concatenate([s.shows for s in sets]),
        np.concatenate([s.picture for s in sets]),
    )


def train(windows: Windows, penalty: float) -> Head:
    """Newton's method with the largest curvature that the likelihood can have (Boehning 1992), which is the same in
    every round."""  # fmt: skip
    if windows.shows.all() or not windows.shows.any():
        raise RecipeError("a fit needs windows with and without objects; give more")
    mean = windows.features.mean(0)
    spread = windows.features.std(0) + 1e-3
    inputs = np.column_stack(
        [(windows.features - mean) / spread, np.ones(len(windows.shows))]
    )
    held = np.full(inputs.shape[1], penalty)
    held[-1] = 1e-6
    inverse = np.linalg.inv(inputs.T @ inputs / 4 + np.diag(held))
    found = np.zeros(inputs.shape[1])
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-inputs @ found))
        step = inverse @ (inputs.T @ (windows.shows - chance) - held * found)
        found = found + step
        if np.abs(step).max() < STEADY:
            break
    weights = found[:-1] / spread
    return Head(weights, float(found[-1] - weights @ mean))


def above(score: Floats, shows: npt.NDArray[np.bool_]) -> float:
    """How often a window with an object has a higher score than one without (AUROC)."""
    _, place, times = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(times) - (times - 1) / 2)[place]
    many = int(shows.sum())
    return float(
        (rank[shows].sum() - many * (many + 1) / 2) / (many * (len(shows) - many))
    )


def cross_validated(windows: Windows, folds: int, penalty: float) -> Floats:
    """Of each window, by a head that has not seen its picture."""
    found = np.zeros(len(windows.shows))
    for fold in range(folds):
        inside = windows.picture % folds == fold
        found[inside] = train(windows.part(~inside), penalty)(windows.features[inside])
    return found


def export(head: Head, trunk: str, card: str, path: Path) -> None:
    """ONNX, sharpened: a 1x1 convolution of the map of features; whose features, says `overfeat.trunk`."""
    from onnx import TensorProto, checker, helper, numpy_helper, save

    values = {
        "weights": SHARPNESS * head.weights.reshape(1, -1, 1, 1),
        "bias": np.array([SHARPNESS * head.bias]),
    }
    shape = ["windows", len(head.weights), "rows", "columns"]
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("Conv", ["features", "weights", "bias"], ["objectness"])],
            "objectness",
            [helper.make_tensor_value_info("features", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("objectness", TensorProto.FLOAT, ["windows", 1, "rows", "columns"])],
            [numpy_helper.from_array(v.astype(np.float32), k) for k, v in values.items()],
        ),
        opset_imports=[helper.make_opsetid("", 13)], ir_version=8,
    )  # fmt: skip
    helper.set_model_props(model, {"overfeat.trunk": trunk, "overfeat.card": card})
    checker.check_model(model)
    save(model, str(path))


def main() -> int:
    """Reads the command line, cross-validates, trains and writes the head."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=Path, nargs="+", required=True)
    parser.add_argument("--folds", type=int, default=5, help="to cross-validate with, by picture")  # fmt: skip
    parser.add_argument("--leave-out", type=int, help="train without this fold's pictures")  # fmt: skip
    parser.add_argument("--penalty", type=float, default=5000)
    parser.add_argument("--trunk", help="`fingerprint` of `overfeat models info --json`")  # fmt: skip
    parser.add_argument("--card", default="", help="a sentence that is kept in the file")  # fmt: skip
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if (given.out is None) != (given.trunk is None):
        parser.error("--out needs --trunk, and --trunk needs --out")
    try:
        windows = joined([read(path) for path in given.windows])
        if given.leave_out is None:
            found = cross_validated(windows, given.folds, given.penalty)
            alone = np.log(windows.probability)
            print(
                f"{len(windows.shows)} windows, {100 * windows.shows.mean():.1f} % with an object; AUROC by the probability "
                f"{above(alone, windows.shows):.3f}, by the head {above(found, windows.shows):.3f}, "
                f"by both {above(alone + found, windows.shows):.3f} (cross-validated by picture)"
            )
        else:
            windows = windows.part(windows.picture % given.folds != given.leave_out)
        if given.out:
            export(train(windows, given.penalty), given.trunk, given.card, given.out)
    except (RecipeError, OSError) as error:
        print(f"objectness: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
