# SPDX-License-Identifier: Apache-2.0
"""The fit of how often a detection with so much accumulated confidence is right."""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

HAVE_PACKAGES = all(importlib.util.find_spec(name) for name in ("numpy", "PIL"))

if HAVE_PACKAGES:
    import numpy as np

    from overfeat_training import calibrate
    from overfeat_training.records import RecipeError


@unittest.skipUnless(HAVE_PACKAGES, "NumPy and Pillow are not installed")
class Calibrate(unittest.TestCase):
    """Detections that are right as often as a known curve says."""

    def test_finds_the_curve_it_was_made_with(self) -> None:
        """Offset -1, slope 2, within what 20,000 detections can tell."""
        dice = np.random.default_rng(3)
        confidence = np.exp(dice.normal(0, 1, 20_000))
        chance = 1 / (1 + np.exp(1 - 2 * np.log(confidence)))
        right = dice.random(20_000) < chance
        found = calibrate.fit(confidence, right, objects=int(right.sum()))
        self.assertAlmostEqual(found.offset, -1, delta=0.1)
        self.assertAlmostEqual(found.slope, 2, delta=0.1)
        self.assertLess(found.cross_entropy, float(np.log(2)))
        # Where a wrong one costs as much as a missed one, half of the best F1 is the threshold.
        self.assertAlmostEqual(found.threshold, found.f1 / 2, delta=0.05)

    def test_reads_one_merge_and_leaves_out_what_does_not_count(self) -> None:
        """And says what is wrong with a file that is none."""
        with tempfile.TemporaryDirectory() as folder:
            dump = Path(folder) / "all.jsonl"
            rows = [
                {"merge": "vote", "confidence": 2.0, "true": True, "ignored": False},
                {"merge": "vote", "confidence": 1.0, "true": False, "ignored": False},
                {"merge": "vote", "confidence": 9.0, "true": True, "ignored": True},
                {"merge": "nms", "confidence": 0.5, "true": True, "ignored": False},
            ]
            dump.write_text("\n".join(json.dumps(row) for row in rows))
            confidence, right = calibrate.read_dump(dump, "vote")
            self.assertEqual(confidence.tolist(), [2.0, 1.0])
            self.assertEqual(right.tolist(), [True, False])
            with self.assertRaisesRegex(RecipeError, "measure more scenes"):
                calibrate.read_dump(dump, "nms")
            dump.write_text("<html>")
            with self.assertRaisesRegex(RecipeError, "not a dump"):
                calibrate.read_dump(dump, "vote")


if __name__ == "__main__":
    unittest.main()
