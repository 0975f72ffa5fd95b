# SPDX-License-Identifier: Apache-2.0
"""What networks are measured on, how the engine's figures are compared, and what a run watches."""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

HAVE_TORCH = importlib.util.find_spec("torch") is not None

if HAVE_TORCH:
    import numpy as np
    import torch
    from PIL import Image

    from overfeat_training import agreement, prepare, train, views, windows_set
    from overfeat_training.cache import open_cache, sample
    from overfeat_training.evaluate import report
    from overfeat_training.measure import best_answers
    from overfeat_training.network import PRESETS, WindowNet
    from overfeat_training.records import RecipeError
    from overfeat_training.settings import Settings, load_settings

CONFIGURATION = Path(__file__).resolve().parents[1] / "configurations" / "smoke.json"


@unittest.skipUnless(
    HAVE_TORCH, "PyTorch is not installed: the training recipe is not tested"
)
class Measuring(unittest.TestCase):
    """Made-up pictures and an untrained network."""

    holder: tempfile.TemporaryDirectory[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.holder = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.holder.name)
        cls.cache = cls.folder / "cache"
        prepare.prepare("synthetic", cls.cache, ["train", "val"])
        cls.pictures = open_cache(cls.cache, "val")
        cls.few = sample(cls.pictures, 20)
        torch.manual_seed(3)
        cls.net = WindowNet(5, PRESETS["smoke"]).eval()
        cls.mean, cls.std = torch.full((3,), 120.0), torch.full((3,), 60.0)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.holder.cleanup()

    def test_the_files_hold_what_is_measured_here(self) -> None:
        """Pixels, classes and boxes as they are in memory; background has no class."""
        sets, out = windows_set.window_sets(self.few), self.folder / "windows"
        windows_set.write_sets(sets, self.few.classes, out)
        names = (out / "classes.tsv").read_text().splitlines()
        self.assertEqual(names[1], "0\tshape-disc\tdisc")
        for name, some in sets.items():
            rows = (out / f"{name}.tsv").read_text().splitlines()[1:]
            self.assertEqual(len(rows), len(some.images))
            for index in (0, len(rows) - 1):
                cells = rows[index].split("\t")
                with Image.open(out / name / cells[0]) as picture:
                    pixels = np.asarray(picture).transpose(2, 0, 1)
                np.testing.assert_array_equal(pixels, some.images[index].numpy())
                if some.boxes is None or some.labels is None:
                    self.assertEqual(cells[1:], ["-"])
                    continue
                self.assertEqual(int(cells[1]), int(some.labels[index]))
                x1, y1, x2, y2 = (float(v) for v in cells[2:])
                np.testing.assert_allclose(
                    [x1, y1, x2 + 1, y2 + 1], some.boxes[index] * 64, atol=1e-3
                )
        taken = self.folder / "taken"
        taken.write_text("")
        with self.assertRaisesRegex(RecipeError, "windows cannot be written"):
            windows_set.write_sets(sets, self.few.classes, taken)

    def test_the_sets_are_the_same_every_time(self) -> None:
        """Off-centre windows keep half of their object; background windows none."""
        first, again = (windows_set.window_sets(self.few) for _ in range(2))
        for name, some in first.items():
            self.assertTrue(torch.equal(some.images, again[name].images), name)
        off = first["off_centre"].boxes
        assert off is not None
        low, high = off[:, :2].clamp(0, 1), off[:, 2:].clamp(0, 1)
        seen = (high - low).prod(1) / (off[:, 2:] - off[:, :2]).prod(1)
        self.assertGreaterEqual(float(seen.min()), 0.25)
        self.assertGreater(len(first["background_enlarged"].images), 0)

    def test_views_agree_where_they_are_the_same(self) -> None:
        """Ten views lie in the picture; dense views of one window are the whole picture."""
        whole = views.voted_scores(
            self.net, self.few, [(0, 0, 64, False)], self.mean, self.std
        )
        with mock.patch.object(views, "DENSE_SIDES", (64,)):
            dense = views.dense_scores(self.net, self.few, [False], self.mean, self.std)
        np.testing.assert_allclose(whole, dense, atol=1e-6)
        ten = views.ten_views()
        self.assertEqual(len(set(ten)), 10)
        for x, y, side, _ in ten:
            self.assertEqual(side, 56)
            self.assertTrue(0 <= x <= 64 - side and 0 <= y <= 64 - side)

    def test_background_is_no_answer(self) -> None:
        """The last score does not count, whatever it is."""
        scores = torch.tensor([[1.0, 0.5, 9.0], [0.1, 0.2, 9.0]])
        right = best_answers(scores, torch.tensor([0, 0]))
        self.assertEqual(right[:, 0].tolist(), [True, False])
        self.assertEqual(right.any(1).tolist(), [True, True])

    def test_every_figure_of_the_engine_has_one_of_ours(self) -> None:
        """The names match, a difference is found, and a program that is not there is named."""
        ours = report(self.net, self.few, self.mean, self.std)
        names = [name for run in agreement.RUNS for name in run.figures]
        self.assertEqual(len(names), len(set(names)))
        theirs = {name: ours[name] for name in names}
        self.assertTrue(agreement.table(ours, theirs)[1])
        text, agreed = agreement.table(ours, {**theirs, "top1": ours["top1"] + 0.003})
        self.assertFalse(agreed)
        self.assertIn("+0.30", text)
        with self.assertRaisesRegex(RecipeError, "cannot be run"):
            agreement.engine_figures(
                self.folder / "none", self.folder, self.folder, agreement.RUNS[0], 1
            )

    def test_the_engine_is_asked_and_understood(self) -> None:
        """A stand-in for the program that answers, and one that refuses."""
        program = self.folder / "overfeat"
        answer = {"top1_error": 0.25, "top5_error": 0.125}
        program.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
        program.chmod(0o755)
        found = agreement.engine_figures(
            program, self.folder, self.folder, agreement.RUNS[1], 1
        )
        self.assertEqual(found, {"ten_views_top1": 0.75, "ten_views_top5": 0.875})
        program.write_text("#!/bin/sh\necho 'no such model' >&2\nexit 4\n")
        with self.assertRaisesRegex(
            RecipeError, "ended with 4 and said: no such model"
        ):
            agreement.engine_figures(
                program, self.folder, self.folder, agreement.RUNS[1], 1
            )

    def box_losses(self, settings: Settings) -> tuple[float, float]:
        """Ours and the median box's after some steps."""
        pictures = open_cache(self.cache, "train")
        run = train.Run(pictures, settings, torch.device("cpu"))
        steps = [(run.one_step()[1], run.median_box_loss) for _ in range(60)]
        ours, median = zip(*steps[-20:], strict=True)
        return sum(ours) / 20, sum(median) / 20

    def test_the_box_head_is_kept_from_diverging(self) -> None:
        """A rate that ruins it without the limit does not with it, and the ruin is noticed."""
        fast = replace(
            load_settings(CONFIGURATION, {}), rate=0.2, box_rate=20.0, sides="0:32"
        )
        ours, median = self.box_losses(fast)
        self.assertLess(ours, 1.05 * median)
        ours, median = self.box_losses(replace(fast, box_limit=1e9))
        self.assertGreater(ours, 1.2 * median)

    def test_a_box_head_that_does_not_learn_is_said_so_once(self) -> None:
        """Three times above the median box in a row."""
        watch = train.BoxWatch()
        said = [watch.note(v, 0.6) for v in (0.7, 0.7, 0.5, 0.7, 0.7, 0.7, 0.7, 0.5)]
        self.assertEqual(
            [s is not None for s in said], [False] * 5 + [True, False, False]
        )
        self.assertIn("0.700, above the 0.600", str(said[5]))

    def test_box_rate(self) -> None:
        """The limit holds for rate times weight, and changes nothing below it."""
        settings = Settings(rate=0.12, box_rate=2.0, box_weight=2.5, warmup=0.0)
        self.assertAlmostEqual(settings.box_learning_rate(0.0), 0.02)
        late = settings.learning_rate(0.95) * 2.0
        self.assertAlmostEqual(settings.box_learning_rate(0.95), late)

    def test_impossible_settings(self) -> None:
        """Each with one sentence, before the run begins."""
        for given, words in (
            ({"widths": "broad"}, "widths is 'broad', but it has to be one of default"),
            ({"rate": "fast"}, "rate is 'fast', but it has to be like 0.15"),
            ({"batch": 1.5}, "batch is 1.5"),
            ({"sides": "64"}, "sides is '64'"),
            ({"box_loss": "l2"}, "one of giou, l1, half"),
        ):
            with self.assertRaisesRegex(RecipeError, words):
                load_settings(None, given)
        listed = self.folder / "list.json"
        listed.write_text("[1]")
        with self.assertRaisesRegex(RecipeError, "list.json: not a usable config"):
            load_settings(listed, {})

    def test_no_room_for_the_cache(self) -> None:
        """A full disk, and a file where the folder should be."""
        full = Path("/dev/full")
        if full.exists():
            cache = self.folder / "full"
            cache.mkdir()
            (cache / "val.pixels.part").symlink_to(full)
            with self.assertRaisesRegex(RecipeError, "cannot be written .No space"):
                prepare.prepare("synthetic", cache, ["val"])
        taken = self.folder / "cache.txt"
        taken.write_text("")
        with self.assertRaisesRegex(RecipeError, "cache cannot be written"):
            prepare.prepare("synthetic", taken, ["val"])


if __name__ == "__main__":
    unittest.main()
