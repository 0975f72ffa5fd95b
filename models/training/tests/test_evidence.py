# SPDX-License-Identifier: Apache-2.0
"""The head that finds a box in a window's evidence, and the windows it learns from."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

HAVE_PACKAGES = all(
    importlib.util.find_spec(name) for name in ("numpy", "PIL", "torch")
)

if HAVE_PACKAGES:
    import numpy as np
    import torch

    from overfeat_training import evidence, evidence_windows
    from overfeat_training.records import RecipeError


def _rectangles(count: int, seed: int) -> evidence_windows.Windows:
    """Windows whose evidence is a rectangle of ones; the box is the rectangle's."""
    dice = np.random.default_rng(seed)
    windows = evidence_windows.Windows()
    for number in range(count):
        x1, y1 = dice.integers(0, 4, 2)
        x2, y2 = x1 + dice.integers(2, 4), y1 + dice.integers(2, 4)
        plane = np.zeros((7, 7))
        plane[y1:y2, x1:x2] = 5
        windows.maps.append(evidence_windows.scaled_maps(plane, plane + 1))
        windows.boxes.append((x1 / 7, y1 / 7, x2 / 7, y2 / 7))
        windows.picture.append(number)
        windows.probability.append(0.5)
        windows.known.append(True)
    return windows


@unittest.skipUnless(HAVE_PACKAGES, "NumPy, Pillow and PyTorch are not installed")
class Evidence(unittest.TestCase):
    """Made-up evidence, so that the right box is known."""

    def _read(self, windows: evidence_windows.Windows) -> evidence.Windows:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "windows.npz"
            windows.save(path)
            return evidence.read(path)

    def test_learns_where_rectangles_end(self) -> None:
        """On rectangles it has not seen, far better than the median box."""
        net = evidence.train([self._read(_rectangles(2000, 1))], epochs=10, seed=0)
        test = self._read(_rectangles(300, 2))
        every = np.ones(300, bool)
        with torch.no_grad():
            found = evidence.right(net(test.maps), test, every)
        median = test.boxes.median(0).values.expand_as(test.boxes)
        self.assertGreater(found, 80)
        self.assertGreater(found, evidence.right(median, test, every) + 20)

    def test_maps_are_divided_by_their_largest_value(self) -> None:
        """And what speaks against the class counts only so much."""
        maps = evidence_windows.scaled_maps(
            np.array([[4.0, -20.0]]), np.array([[2.0, 1.0]])
        )
        np.testing.assert_allclose(maps, [[[1, -1]], [[1, 0.5]]])

    def test_overlap_of_boxes(self) -> None:
        """Half of each is common: a third; corners in the wrong order are the same box."""
        a = torch.tensor([[0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 0.0]])
        b = torch.tensor([[0.5, 0.0, 1.5, 1.0]]).expand(2, 4)
        torch.testing.assert_close(
            evidence.overlap(a, b)[0], torch.full((2,), 1 / 3), atol=1e-3, rtol=0
        )

    def test_a_file_that_is_none_is_a_sentence(self) -> None:
        """Which names the file."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "none.npz"
            path.write_bytes(b"no")
            with self.assertRaisesRegex(RecipeError, "none.npz"):
                evidence.read(path)


if __name__ == "__main__":
    unittest.main()
