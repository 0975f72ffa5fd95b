# SPDX-License-Identifier: Apache-2.0
"""How often shown objects are right: pictures whose truth is made up."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

HAVE_PACKAGES = all(importlib.util.find_spec(name) for name in ("numpy", "PIL"))

if HAVE_PACKAGES:
    import numpy as np

    from overfeat_training import objects
    from overfeat_training.records import RecipeError

KINDS = {"n1": "cat", "n2": "cat", "n3": "dog"}


def _found(wnid: str, score: float, *box: float) -> objects.Found:
    return objects.Found(wnid, score, 2 * score, box)


@unittest.skipUnless(HAVE_PACKAGES, "NumPy and Pillow are not installed")
class Objects(unittest.TestCase):
    """Judging, counting, and the command as a whole."""

    def test_a_box_makes_one_object_right(self) -> None:
        """The better one; a class that the annotations do not know is left open."""
        judged = objects.judge(
            [
                _found("n1", 0.4, 0, 0, 10, 10),
                _found("n2", 0.9, 0, 0, 10, 8),
                _found("n3", 0.8, 0, 0, 10, 10),
                _found("n9", 0.7, 0, 0, 10, 10),
            ],
            [("cat", (0, 0, 10, 10))],
            KINDS,
            0.5,
        )
        self.assertEqual(
            [(j.score, j.right) for j in judged],
            [(0.9, True), (0.8, False), (0.7, None), (0.4, False)],
        )

    def test_a_box_half_as_large_is_half_an_overlap(self) -> None:
        """Which decides at the given share."""
        for least, right in ((0.5, True), (0.51, False)):
            (judged,) = objects.judge(
                [_found("n1", 0.4, 0, 0, 10, 5)], [("cat", (0, 0, 10, 10))], KINDS, least
            )  # fmt: skip
            self.assertEqual(judged.right, right)

    def test_average_precision_by_hand(self) -> None:
        """Right, wrong, right of four boxes: 1/4 at precision 1, 1/4 at 2/3."""
        judged = [
            objects.Judged(score, score, right, "cat")
            for score, right in ((0.9, True), (0.8, False), (0.7, True))
        ]
        self.assertAlmostEqual(objects.average_precision(judged, 4), 5 / 12)
        self.assertEqual(objects.average_precision([], 4), 0)

    def test_calibration_error_by_hand(self) -> None:
        """Two bins, each with half of the objects: 0.25 and 0.15 off."""
        scores = np.array([0.25, 0.25, 0.65, 0.65])
        right = np.array([False, True, True, False])
        self.assertAlmostEqual(objects.calibration_error(scores, right), 0.2)

    def test_the_command_reports_each_half_by_the_other(self) -> None:
        """Objects of empty pictures are false, and lists name those that are."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            rows, images, notes = [], [], []
            for i in range(8):
                # Of every second pair of pictures the object is right; such are the surer ones.
                right = i // 2 % 2 == 0
                images.append({"id": i, "file_name": f"{i}.jpg"})
                notes.append({"image_id": i, "category_id": 0, "bbox": [0, 0, 10, 10]})
                rows.append(
                    _row(
                        f"{i}.jpg", 0.6 if right or i == 7 else 0.3, 0 if right else 50
                    )
                )
            (root / "found.jsonl").write_text("\n".join(rows))
            (root / "notes.json").write_text(json.dumps({
                "images": images, "annotations": notes,
                "categories": [{"id": 0, "name": "cat"}],
            }))  # fmt: skip
            (root / "empty.jsonl").write_text(
                "\n".join(_row(f"e{i}.jpg", 0.3, 0) for i in range(4))
            )
            # Of a second file the list says nothing.
            (root / "more.jsonl").write_text(_row("e9.jpg", 0.3, 0))
            (root / "kinds.tsv").write_text("# kinds\ncat\tn1 n2\n")
            (root / "only.txt").write_text("e0.jpg\ne1.jpg\ne2.jpg\n")
            said = io.StringIO()
            arguments = [
                "objects", "--found", str(root / "found.jsonl"), "--notes", str(root / "notes.json"),
                "--empty", str(root / "empty.jsonl"), str(root / "more.jsonl"), "--only", str(root / "only.txt"),
                "--mapping", str(root / "kinds.tsv"),
            ]  # fmt: skip
            with (
                mock.patch.object(sys, "argv", arguments),
                contextlib.redirect_stdout(said),
            ):
                self.assertEqual(objects.main(), 0)
        text = said.getvalue()
        self.assertIn(
            "odd pictures, as scored: 5 pictures, 4 boxes of known kinds", text
        )
        self.assertIn(
            "even pictures, as scored: 7 pictures, 4 boxes of known kinds", text
        )
        self.assertIn("on 2 right and 3 false", text)  # odd: two annotated, one empty
        self.assertIn("on 2 right and 5 false", text)
        self.assertIn("empty: 100 % of 1 pictures answered", text)
        self.assertIn("all pictures: offset", text)
        self.assertIn("at 0.1 false per picture", text)

    def test_other_scores_are_those_of_the_calibration(self) -> None:
        """Logistic of offset plus slope times the logarithm; everything else stays."""
        half = objects.Half(
            [[objects.Judged(0.9, 4.0, True, "cat")]], [[objects.Judged(0.9, 1.0, False, None)]], 3
        )  # fmt: skip
        curve = objects.Calibration(np.log(0.5), 0.5, 0, 0, 0)
        again = objects.rescored(half, curve)
        self.assertAlmostEqual(again.annotated[0][0].score, 0.5)
        self.assertAlmostEqual(again.empty[0][0].score, 1 / 3)
        self.assertEqual((again.annotated[0][0].right, again.boxes), (True, 3))

    def test_right_ones_are_counted_beside_as_many_false_ones(self) -> None:
        """Two pictures: with half a false one each, the right ones above the second false one."""
        confidences = (
            (9.0, True),
            (8.0, False),
            (7.0, True),
            (6.0, False),
            (5.0, True),
        )
        judged = [objects.Judged(0.5, c, right, "cat") for c, right in confidences]
        half = objects.Half([judged], [[]], 3)
        self.assertEqual(objects.right_beside(half, 0), 1)
        self.assertEqual(objects.right_beside(half, 0.5), 2)
        self.assertEqual(objects.right_beside(half, 1), 3)

    def test_unknown_classes_are_false_where_nothing_is(self) -> None:
        """On a person they are, on another thing nobody can tell."""
        truth = [("person", (0.0, 0.0, 10.0, 10.0)), ("fork", (50.0, 50.0, 60.0, 60.0))]
        found = [
            objects.Found("n9", 0.5, 1.0, box)
            for box in ((0.0, 0.0, 9.0, 9.0), (51.0, 51.0, 59.0, 59.0), (90.0, 90.0, 95.0, 95.0))
        ]  # fmt: skip
        judged = objects.judge(found, truth, {}, 0.3)
        self.assertEqual([one.right for one in judged], [False, None, False])

    def test_a_file_that_is_none_is_a_sentence(self) -> None:
        """Which names the file."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "none.jsonl"
            path.write_text("{}")
            with self.assertRaisesRegex(RecipeError, "none.jsonl"):
                objects.read_found(path)


def _row(file: str, score: float, x: float) -> str:
    found = {"id": "n1", "score": score, "confidence": 4 * score, "box": [x, 0, 10, 10]}
    return json.dumps({"file": file, "frame": 0, "detections": [found]})


if __name__ == "__main__":
    unittest.main()
