# SPDX-License-Identifier: Apache-2.0
"""Composed scenes and the ablation on made-up pictures."""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

HAVE_TORCH = importlib.util.find_spec("torch") is not None

if HAVE_TORCH:
    import numpy as np
    from PIL import Image

    from overfeat_training import ablation, prepare, scenes
    from overfeat_training.cache import open_cache
    from overfeat_training.records import RecipeError
    from overfeat_training.settings import Settings


@unittest.skipUnless(
    HAVE_TORCH, "PyTorch is not installed: the training recipe is not tested"
)
class Scenes(unittest.TestCase):
    """What `scenes` writes."""

    holder: tempfile.TemporaryDirectory[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.holder = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.holder.name)
        cls.cache = cls.folder / "cache"
        prepare.prepare("synthetic", cls.cache, ["train", "val"])

    @classmethod
    def tearDownClass(cls) -> None:
        cls.holder.cleanup()

    def make(self, name: str, count: int, seed: int) -> Path:
        """Both sets in a folder of this name."""
        out = self.folder / name
        counts = {"test": count, "tune": count}
        scenes.make_scenes("", self.cache, out, ["test", "tune"], counts, seed)
        return out

    def test_the_same_seed_writes_the_same_bytes(self) -> None:
        """A repetition is identical, a shorter one is a part of it, another seed and set differ."""
        first, again = self.make("first", 4, 1), self.make("again", 2, 1)
        other = self.make("other", 1, 2)
        for name in ("test/000000.png", "test/000001.png", "tune/000001.png"):
            self.assertEqual((first / name).read_bytes(), (again / name).read_bytes())
        one = (first / "test" / "000000.png").read_bytes()
        self.assertNotEqual(one, (other / "test" / "000000.png").read_bytes())
        self.assertNotEqual(one, (first / "tune" / "000000.png").read_bytes())

    def test_annotations(self) -> None:
        """One to six boxes, inside their pictures, of known categories."""
        out = self.make("annotated", 12, 3)
        content = json.loads((out / "annotations/instances_test.json").read_text())
        self.assertEqual(
            [c["wnid"] for c in content["categories"]],
            ["shape-disc", "shape-square", "shape-triangle", "shape-ring"],
        )
        sizes = {}
        for image in content["images"]:
            with Image.open(out / "test" / image["file_name"]) as picture:
                self.assertEqual(picture.size, (image["width"], image["height"]))
            sizes[image["id"]] = (image["width"], image["height"])
        self.assertEqual(len(sizes), 12)
        found: dict[int, int] = {}
        for note in content["annotations"]:
            x, y, w, h = note["bbox"]
            width, height = sizes[note["image_id"]]
            self.assertTrue(0 <= x < x + w <= width and 0 <= y < y + h <= height)
            self.assertIn(note["category_id"], (1, 2, 3, 4))
            found[note["image_id"]] = found.get(note["image_id"], 0) + 1
        self.assertEqual(set(found), set(sizes))
        self.assertTrue(all(1 <= n <= 6 for n in found.values()))

    def test_boxes_cling_to_the_objects(self) -> None:
        """Mirrored or not, with or without surroundings: the colour inside the box is the object's."""
        pictures = open_cache(self.cache, "val")
        dark = np.zeros((1, 64, 64, 3), np.uint8)
        dark[0, 10:50, 4:30] = 255
        single = scenes.Pictures(
            dark,
            pictures.labels[:1],
            np.array([[4, 10, 30, 50]], np.float32),
            pictures.classes,
        )
        for seed in range(12):
            piece = scenes._piece(single, np.random.default_rng(seed), 640, 480)
            if piece is None:
                continue
            bright = piece.pixels.mean(2) > piece.pixels.mean(2).max() / 2
            rows, columns = np.nonzero(bright)
            hull = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            np.testing.assert_allclose(hull, piece.box, atol=2)

    def test_hidden_share(self) -> None:
        """An object half covered and one whole."""
        owner = np.full((10, 10), -1, np.int16)
        owner[0:4, 0:4] = 0
        owner[0:4, 2:6] = 1
        placed = [scenes.Placed(0, (0, 0, 4, 4)), scenes.Placed(0, (2, 0, 6, 4))]
        self.assertEqual(scenes.visible_shares(owner, placed), [0.5, 1.0])

    def test_nowhere_to_write(self) -> None:
        """A file where the folder should be."""
        taken = self.folder / "taken"
        taken.write_text("")
        with self.assertRaisesRegex(RecipeError, "scenes cannot be written"):
            scenes.make_scenes("", self.cache, taken, ["test"], {"test": 1}, 1)

    def test_ablation_goes_on(self) -> None:
        """Rows that are there are kept; a row without background windows answers no background."""
        out = self.folder / "rows.json"
        data = (open_cache(self.cache, "train"), open_cache(self.cache, "val"))
        base = Settings(widths="smoke", epochs=1, batch=32, sides="0:32", ema=0.9)
        first = ablation.ablate(*data, base, ["everything"], out)
        names = ["everything", "no background windows"]
        rows = ablation.ablate(*data, base, names, out)
        self.assertEqual(rows[0], first[0])
        self.assertGreater(rows[1].background_called_object, 0.9)
        self.assertIn("| no background windows |", ablation.table(rows))


if __name__ == "__main__":
    unittest.main()
