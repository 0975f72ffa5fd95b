# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.objects`: how often an object that the program shows is right.

Reads what `overfeat detect --json --threshold 0.01 PICTURES > FILE` wrote: `--found` for photographs with COCO boxes,
`--empty` for pictures that show none of the classifier's kinds (people, floors, drawings), where each object is false.
Pictures take turns, in the order of their names: one half is fitted on, the other one reported.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .annotated import coco_classes, read_coco
from .calibrate import Calibration, fit
from .records import RecipeError

Box = tuple[float, float, float, float]  # corners
PERSON = "person"  # annotated, and no kind of the classifier's
FALSE_PER_PICTURE = (0.1, 0.2, 0.3, 0.5)
BINS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)


@dataclass(frozen=True)
class Found:
    """One object of the program's answer for a picture."""

    wnid: str
    score: float
    confidence: float
    box: Box


@dataclass(frozen=True)
class Judged:
    """`right` is None where the annotations cannot tell: they do not know the class, but something is there."""  # fmt: skip

    score: float
    confidence: float
    right: bool | None
    category: str | None  # of the class


@dataclass(frozen=True)
class Half:
    """Judged objects of each of some annotated pictures, and of each of some empty ones."""

    annotated: list[list[Judged]]
    empty: list[list[Judged]]
    boxes: int  # annotated, of categories that the classifier knows


def read_found(path: Path) -> dict[str, list[Found]]:
    """By picture, or frame of a video. Throws RecipeError."""
    answers = {}
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                picture = json.loads(line)
                key = f"{Path(picture['file']).name}#{picture['frame']:08}"
                if key in answers:  # of another folder
                    key += f"#{picture['file']}"
                answers[key] = [
                    Found(o["id"], float(o["score"]), float(o["confidence"]),
                          (x, y, x + w, y + h))
                    for o in picture["detections"] for x, y, w, h in [o["box"]]
                ]  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecipeError(
            f"{path}: not what `overfeat detect --json` writes ({error!r}); make it again"
        ) from error
    return answers


def read_kinds(path: Path) -> dict[str, str]:
    """For each WordNet id the category that it is a kind of."""
    kinds = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, wnids = line.partition("\t")
            kinds.update((wnid, name) for wnid in wnids.split())
    return kinds


def iou(a: Box, b: Box) -> float:
    """Intersection over union."""
    common = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(
        0.0, min(a[3], b[3]) - max(a[1], b[1])
    )
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    return common / union if union > 0 else 0.0


def meet(a: Box, b: Box) -> bool:
    """Whether two boxes have more in common than a tenth of the smaller one."""
    common = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(
        0.0, min(a[3], b[3]) - max(a[1], b[1])
    )
    smaller = min((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b))
    return common > 0.1 * smaller


def judge(
    found: list[Found], truth: list[tuple[str, Box]], kinds: dict[str, str], least: float
) -> list[Judged]:  # fmt: skip
    """Best first, each takes the box of its category that it overlaps most, if by `least`. One of a class that the
    annotations do not know is false where nothing but people is annotated."""  # fmt: skip
    taken: set[int] = set()
    judged = []
    for one in sorted(found, key=lambda f: -f.score):
        category = kinds.get(one.wnid)
        right: bool | None = None
        if category is None:
            things = [box for name, box in truth if name != PERSON]
            right = None if any(meet(one.box, box) for box in things) else False
        else:
            near = [
                (iou(one.box, box), i)
                for i, (name, box) in enumerate(truth)
                if name == category and i not in taken
            ]
            overlap, which = max(near, default=(0.0, -1))
            right = overlap >= least
            if right:
                taken.add(which)
        judged.append(Judged(one.score, one.confidence, right, category))
    return judged


def average_precision(judged: list[Judged], boxes: int) -> float:
    """The area below precision and recall, precision made falling."""
    ordered = sorted(judged, key=lambda j: -j.score)
    hits = np.cumsum([bool(j.right) for j in ordered])
    if not len(hits) or not boxes:
        return 0.0
    precision = np.maximum.accumulate((hits / np.arange(1, len(hits) + 1))[::-1])[::-1]
    return float(np.sum(precision * np.diff(hits / boxes, prepend=0)))


def pairs(half: Half) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Score, confidence and right of all objects that can be judged."""
    judged = [j for picture in half.annotated + half.empty for j in picture]
    judged = [j for j in judged if j.right is not None]
    return (
        np.array([j.score for j in judged]),
        np.array([j.confidence for j in judged]),
        np.array([bool(j.right) for j in judged]),
    )


def right_beside(half: Half, false_per_picture: float) -> int:
    """How many right objects have more confidence than what makes so many false ones: what two ways of scoring can be
    compared by, whatever their scores."""  # fmt: skip
    _, confidence, right = pairs(half)
    false = np.sort(confidence[~right])[::-1]
    allowed = int(false_per_picture * (len(half.annotated) + len(half.empty)))
    least = false[allowed] if allowed < len(false) else -np.inf
    return int((confidence[right] > least).sum())


def calibration_error(scores: np.ndarray, right: np.ndarray) -> float:
    """The mean distance of score and share that is right, in ten bins of the score."""
    bins = np.minimum((scores * 10).astype(int), 9)
    return float(
        sum(
            abs(scores[bins == b].sum() - right[bins == b].sum()) for b in set(bins)
        ) / max(len(scores), 1)
    )  # fmt: skip


def rescored(half: Half, calibration: Calibration) -> Half:
    """With the scores that a calibration gives."""

    def again(judged: Judged) -> Judged:
        logit = calibration.offset + calibration.slope * np.log(
            max(judged.confidence, 1e-12)
        )
        return replace(judged, score=float(1 / (1 + np.exp(-logit))))

    return Half(
        [[again(j) for j in p] for p in half.annotated],
        [[again(j) for j in p] for p in half.empty],
        half.boxes,
    )


def report(name: str, half: Half, threshold: float) -> None:
    """How often objects of a score are right, then `summary`."""
    scores, _, right = pairs(half)
    shown = scores >= threshold
    pictures = len(half.annotated) + len(half.empty)
    print(
        f"{name}: {pictures} pictures, {half.boxes} boxes of known kinds; from a score of {threshold:.2f} on "
        f"{int((shown & right).sum())} right and {int((shown & ~right).sum())} false; "
        f"calibration error {calibration_error(scores, right):.3f}"
    )
    for low, high in zip((0.0, *BINS), BINS, strict=False):
        inside = (scores >= low) & (scores < high + (high == 1))
        if inside.any():
            print(
                f"  score {low:.2f} to {high:.2f}: {int(inside.sum())} objects, mean score "
                f"{100 * scores[inside].mean():.0f} %, right {100 * right[inside].mean():.0f} %"
            )
    summary(half, threshold)


def halves(
    answers: dict[str, list[Found]], truth: dict[str, list[tuple[str, Box]]],
    empty: list[dict[str, list[Found]]], kinds: dict[str, str], least: float,
) -> list[Half]:  # fmt: skip
    """Even and odd pictures in the order of their names, of each file by itself."""
    made = []
    known = set(kinds.values())
    for part in (0, 1):
        names = sorted(answers)[part::2]
        annotated, boxes = [], 0
        for name in names:
            objects = truth.get(name.partition("#")[0], [])
            boxes += sum(category in known for category, _ in objects)
            annotated.append(judge(answers[name], objects, kinds, least))
        nothing = []
        for file in empty:
            for name in sorted(file)[part::2]:
                nothing.append(
                    [Judged(f.score, f.confidence, False, None) for f in file[name]]
                )
        made.append(Half(annotated, nothing, boxes))
    return made


def read_truth(notes: Path) -> dict[str, list[tuple[str, Box]]]:
    """By picture: category and box of what is annotated."""
    names = [label.name for label in coco_classes(notes)]
    truth = defaultdict(list)
    for record in read_coco(notes.parent, notes, "train"):
        truth[Path(record.where).name].append((names[record.label], record.box))
    return truth


def summary(half: Half, threshold: float) -> None:
    """What a person sees at this threshold."""
    shown = [[j for j in p if j.score >= threshold] for p in half.annotated]
    false = [sum(j.right is False for j in p) for p in shown]
    right = sum(bool(j.right) for p in shown for j in p)
    answered = [any(j.score >= threshold for j in p) for p in half.empty]
    many = sum(sum(j.score >= threshold for j in p) for p in half.empty)
    known = [j for p in half.annotated for j in p if j.category is not None]
    print(
        f"  annotated: {right} right ({100 * right / max(half.boxes, 1):.1f} % of the boxes), "
        f"{np.mean(false):.2f} false per picture, AP over all known kinds {100 * average_precision(known, half.boxes):.1f} %"
    )
    if answered:
        print(
            f"  empty: {100 * np.mean(answered):.0f} % of {len(answered)} pictures answered, "
            f"{many / len(answered):.2f} objects per picture"
        )


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--found", type=Path, required=True)
    parser.add_argument(
        "--notes", type=Path, required=True, help="COCO boxes of those pictures"
    )
    parser.add_argument("--empty", type=Path, nargs="*", default=[])
    parser.add_argument(
        "--only",
        type=Path,
        help="a list: of the first --empty file these pictures",
    )
    parser.add_argument("--mapping", type=Path, default=Path(__file__).parent / "coco_to_imagenet.tsv")  # fmt: skip
    parser.add_argument("--iou", type=float, default=0.3, help="from which a box is right")  # fmt: skip
    parser.add_argument("--threshold", type=float, default=0.2)
    given = parser.parse_args()
    try:
        empty = [read_found(path) for path in given.empty]
        if given.only and empty:
            wanted = set(given.only.read_text(encoding="utf-8").split("\n"))
            empty[0] = {
                name: found
                for name, found in empty[0].items()
                if name.partition("#")[0] in wanted
            }
        made = halves(
            read_found(given.found), read_truth(given.notes), empty,
            read_kinds(given.mapping), given.iou,
        )  # fmt: skip
        for fitted, other, name in ((0, 1, "odd"), (1, 0, "even")):
            _, confidence, right = pairs(made[fitted])
            if not right.any() or right.all():
                raise RecipeError(
                    "a fit needs right and wrong objects; give more pictures"
                )
            found = fit(confidence, right, made[fitted].boxes)
            report(f"{name} pictures, as scored", made[other], given.threshold)
            report(
                f"{name} pictures, fitted to the others (offset {found.offset:.2f}, slope {found.slope:.2f})",
                rescored(made[other], found), given.threshold,
            )  # fmt: skip
        _, confidence, right = map(np.concatenate, zip(*map(pairs, made), strict=True))
        both = fit(confidence, right, sum(half.boxes for half in made))
        print(f"all pictures: offset {both.offset:.2f}, slope {both.slope:.2f}")
        every = Half(
            [p for half in made for p in half.annotated],
            [p for half in made for p in half.empty],
            sum(half.boxes for half in made),
        )
        for allowed in FALSE_PER_PICTURE:
            print(f"at {allowed} false per picture {right_beside(every, allowed)} right of {every.boxes} boxes")  # fmt: skip
    except (RecipeError, OSError) as error:
        print(f"objects: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
