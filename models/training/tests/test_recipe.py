# SPDX-License-Identifier: Apache-2.0
"""The whole recipe on made-up pictures, and its error sentences.

Run from `models/training`: `python -m unittest discover -s tests -v`. Without PyTorch every test is skipped
with one line saying so; the ONNX part is skipped when the `onnx` package is absent.
"""

from __future__ import annotations

import importlib.util
import json
import lzma
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

HAVE_TORCH = importlib.util.find_spec("torch") is not None
HAVE_ONNX = importlib.util.find_spec("onnx") is not None
HAVE_RUNTIME = importlib.util.find_spec("onnxruntime") is not None

if HAVE_TORCH:
    import numpy as np
    import torch

    from overfeat_training import (
        blend,
        boxes,
        checkpoint,
        losses,
        prepare,
        train,
        windows,
    )
    from overfeat_training.cache import open_cache
    from overfeat_training.evaluate import report
    from overfeat_training.network import PRESETS, WindowNet, multiply_adds
    from overfeat_training.records import RecipeError
    from overfeat_training.settings import Settings, load_settings
    from overfeat_training.synthetic import synthetic_record

CONFIGURATION = Path(__file__).resolve().parents[1] / "configurations" / "smoke.json"


@unittest.skipUnless(
    HAVE_TORCH, "PyTorch is not installed: the training recipe is not tested"
)
class Recipe(unittest.TestCase):
    """One short run on made-up pictures, used by all tests of this class."""

    folder: tempfile.TemporaryDirectory[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.cache = Path(cls.folder.name) / "cache"
        prepare.prepare("synthetic", cls.cache, ["train", "val"])
        cls.settings = load_settings(CONFIGURATION, {})
        cls.pictures = open_cache(cls.cache, "train")
        cls.run_folder = Path(cls.folder.name) / "run"
        cls.run_folder.mkdir()
        run = train.Run(cls.pictures, cls.settings, torch.device("cpu"))
        train.train(run, cls.run_folder, open_cache(cls.cache, "val"), 1e9)
        cls.latest = cls.run_folder / "latest.pt"

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def test_learns_the_shapes(self) -> None:
        """Far better than chance (one in four) after a few seconds."""
        net, state = checkpoint.load_averaged(self.latest)
        figures = report(
            net, open_cache(self.cache, "val"), state["mean"], state["std"]
        )
        self.assertGreater(figures["top1"], 0.45)
        self.assertGreater(figures["iou_half"], 0.3)

    def test_resume_reaches_the_same_state(self) -> None:
        """Ten steps at once, or four, a checkpoint and six more: the same weights, bit for bit."""
        whole = train.Run(self.pictures, self.settings, torch.device("cpu"))
        for _ in range(10):
            whole.one_step()
        first = train.Run(self.pictures, self.settings, torch.device("cpu"))
        for _ in range(4):
            first.one_step()
        path = self.run_folder / "resume.pt"
        checkpoint.save_checkpoint(path, first.state())
        second = train.Run(self.pictures, self.settings, torch.device("cpu"))
        second.restore(checkpoint.load_checkpoint(path))
        for _ in range(6):
            second.one_step()
        for name, value in whole.net.state_dict().items():
            self.assertTrue(torch.equal(value, second.net.state_dict()[name]), name)
        for name, value in whole.average.items():
            self.assertTrue(torch.equal(value, second.average[name]), name)

    def test_boxes_and_blend_keep_the_classifier(self) -> None:
        """Box finishing changes only the box head; blending a network with itself keeps its weights."""
        out = self.run_folder / "boxes.pt"
        boxes.finish_boxes(self.latest, self.pictures, out, 640, 2, 1e-3, 5, "cpu")
        before, after = (
            checkpoint.load_averaged(p)[0].state_dict() for p in (self.latest, out)
        )
        for name, value in before.items():
            if not name.startswith("box"):
                self.assertTrue(torch.equal(value, after[name]), name)
        self.assertFalse(torch.equal(before["box_out.weight"], after["box_out.weight"]))
        blended = self.run_folder / "blend.pt"
        blend.blend([self.latest, self.latest], self.pictures, blended, 2)
        again = checkpoint.load_averaged(blended)[0].state_dict()
        self.assertTrue(
            torch.equal(before["classifier.weight"], again["classifier.weight"])
        )

    def test_nan_loss_is_named(self) -> None:
        """A loss that is not finite ends the run with one sentence."""
        run = train.Run(self.pictures, self.settings, torch.device("cpu"))
        with torch.no_grad():
            run.net.classifier.weight.fill_(float("nan"))
        with self.assertRaisesRegex(RecipeError, "loss is nan at step 0"):
            run.one_step()

    def test_full_disk_is_named_and_keeps_the_old_checkpoint(self) -> None:
        """Writing to a full device says so."""
        full = Path("/dev/full")
        if not full.exists():
            self.skipTest("no /dev/full here")
        target = Path(self.folder.name) / "full.pt"
        target.with_suffix(".part").symlink_to(full)
        with self.assertRaisesRegex(RecipeError, "cannot be written"):
            checkpoint.save_checkpoint(target, {"a": torch.zeros(1000)})
        self.assertFalse(target.exists())

    @unittest.skipUnless(
        HAVE_ONNX, "the onnx package is not installed: export is not tested"
    )
    def test_export(self) -> None:
        """The file passes the checker, carries the metadata, and gives the same answers."""
        import onnx

        from overfeat_training.export import export, write_fixture

        path = Path(self.folder.name) / "smoke.onnx"
        export(self.latest, self.cache, path, "a smoke test")
        fixture = Path(self.folder.name) / "fixture"
        write_fixture(self.latest, self.cache, fixture)
        model = onnx.load(str(path))
        metadata = {p.key: p.value for p in model.metadata_props}
        self.assertEqual(metadata["overfeat.background"], "4")
        self.assertEqual(len(metadata["overfeat.classes"].splitlines()), 5)
        if not HAVE_RUNTIME:
            self.skipTest(
                "onnxruntime is not installed: the exported answers are not compared"
            )
        import onnxruntime

        session = onnxruntime.InferenceSession(
            str(path), providers=["CPUExecutionProvider"]
        )
        names = ["scores", "boxes", "features"]
        answers = session.run(names, {"input": np.load(fixture / "parity_input.npy")})
        for name, answer in zip(names, answers, strict=True):
            np.testing.assert_allclose(
                answer, np.load(fixture / f"parity_{name}.npy"), atol=1e-4
            )


@unittest.skipUnless(
    HAVE_TORCH, "PyTorch is not installed: the training recipe is not tested"
)
class Parts(unittest.TestCase):
    """Geometry, losses, limits and settings."""

    def test_window_limits(self) -> None:
        """At most 80 M multiply-adds and 8 MB."""
        for name in ("default", "compact"):
            net = WindowNet(201, PRESETS[name])
            self.assertLessEqual(multiply_adds(net), 80e6)
            self.assertLessEqual(sum(p.numel() for p in net.parameters()) * 4, 8e6)

    def test_boxes_follow_the_drawn_window(self) -> None:
        """A white box on black is found where target_boxes says, flipped or not."""
        pixels = torch.zeros(2, 64, 64, 3, dtype=torch.uint8)
        pixels[:, 20:40, 10:34] = 255
        boxes = torch.tensor([[10.0, 20.0, 34.0, 40.0]] * 2)
        rect = torch.tensor([[4.0, 8.0, 52.0, 56.0]] * 2)
        some = windows.Windows(
            torch.arange(2), rect, torch.tensor([False, True]), torch.ones(2)
        )
        drawn = windows.render(pixels, some, 96)[:, 0] > 127
        for image, target in zip(drawn, windows.target_boxes(some, boxes), strict=True):
            rows, columns = image.any(1).nonzero(), image.any(0).nonzero()
            found = [
                columns.min() / 96,
                rows.min() / 96,
                (columns.max() + 1) / 96,
                (rows.max() + 1) / 96,
            ]
            np.testing.assert_allclose(found, target.numpy(), atol=0.02)

    def test_windows_keep_their_promises(self) -> None:
        """Object windows show at least half of the object; background windows none of it."""
        rng = torch.Generator().manual_seed(0)
        corner = torch.rand(500, 2, generator=rng) * 30
        boxes = torch.cat(
            [corner, corner + 15 + torch.rand(500, 2, generator=rng) * 18], 1
        )
        source = torch.arange(500)
        chosen = windows.object_windows(source, boxes, windows.Strength(), rng)
        self.assertGreaterEqual(
            float(windows.visible_share(chosen.rect, boxes).min()), 0.5
        )
        beside = windows.background_windows(source, boxes, rng)
        self.assertLess(float(windows.visible_share(beside.rect, boxes).max()), 0.01)

    def test_overlap(self) -> None:
        """Known values."""
        a = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
        b = torch.tensor([[1.0, 0.0, 3.0, 2.0]])
        self.assertAlmostEqual(float(losses.iou(a, b)), 1 / 3, places=5)
        far = torch.tensor([[4.0, 0.0, 6.0, 2.0]])
        self.assertAlmostEqual(float(losses.generalised_iou(a, far)), -1 / 3, places=5)

    def test_schedule(self) -> None:
        """Resolution rises, the rate ends at almost nothing, unknown settings are refused."""
        settings = Settings()
        self.assertEqual([settings.side(p) for p in (0.0, 0.5, 0.9)], [32, 48, 64])
        self.assertLess(settings.learning_rate(1.0), 1e-3 * settings.rate)
        with self.assertRaisesRegex(RecipeError, "unknown settings wings"):
            load_settings(None, {"wings": 2})


@unittest.skipUnless(
    HAVE_TORCH, "PyTorch is not installed: the training recipe is not tested"
)
class Readers(unittest.TestCase):
    """Data folders, good and bad."""

    def setUp(self) -> None:
        self.holder = tempfile.TemporaryDirectory()
        self.addCleanup(self.holder.cleanup)
        self.data = Path(self.holder.name) / "data"
        self.data.mkdir()
        self.cache = Path(self.holder.name) / "cache"

    def shards(self, box: str = "5\t6\t20\t30", damage: bool = False) -> None:
        """Two shards of one picture each."""
        (self.data / "classes.tsv").write_text(
            "index\twnid\tname\tsynonyms\n0\tn1\tone\tone\n"
        )
        for index in range(2):
            picture = self.data / f"p{index}.png"
            picture.write_bytes(
                b"no picture" if damage else synthetic_record(index, "t").load()
            )
            with tarfile.open(self.data / f"train-{index}.tar.xz", "w:xz") as tar:
                tar.add(picture, picture.name)
            (self.data / f"train-{index}.tsv").write_text(
                f"file\tclass\tx1\ty1\tx2\ty2\n{picture.name}\t0\t{box}\n"
            )

    def refuse(self, sentence: str) -> None:
        """Preparing the data must fail with this sentence."""
        with self.assertRaisesRegex(RecipeError, sentence):
            prepare.prepare(str(self.data), self.cache, ["train"])

    def test_shards(self) -> None:
        """Inclusive pixels become exclusive edges."""
        self.shards()
        prepare.prepare(str(self.data), self.cache, ["train"])
        pictures = open_cache(self.cache, "train")
        self.assertEqual(pictures.boxes.tolist(), [[5, 6, 21, 31]] * 2)

    def test_missing_shard(self) -> None:
        """Either file of a shard may be missing."""
        self.shards()
        (self.data / "train-1.tar.xz").unlink()
        self.refuse("train-1.tar.xz: the shard is missing")
        (self.data / "train-0.tsv").unlink()
        self.refuse("train-0.tsv: the shard is missing")

    def test_damaged_shard(self) -> None:
        """Half an archive."""
        self.shards()
        path = self.data / "train-0.tar.xz"
        path.write_bytes(path.read_bytes()[:60])
        self.refuse("damaged|missing")
        path.write_bytes(lzma.compress(b"not a tar archive"))
        self.refuse("damaged|missing")

    def test_corrupt_picture(self) -> None:
        """The picture is named."""
        self.shards(damage=True)
        self.refuse("p0.png: the picture cannot be decoded")

    def test_box_outside(self) -> None:
        """The box is shown."""
        self.shards(box="5\t6\t20\t64")
        self.refuse("box 5,6,21,65 is empty or leaves the 64x64 picture")

    def test_nothing_there(self) -> None:
        """An empty folder, and a cache that was never made."""
        self.refuse("no classes.tsv")
        with self.assertRaisesRegex(RecipeError, "prepare"):
            open_cache(self.cache, "train")

    def test_coco(self) -> None:
        """x, y, width, height; a larger picture is cut around its object."""
        (self.data / "images").mkdir()
        (self.data / "images" / "a.png").write_bytes(synthetic_record(1, "t").load())
        content = {
            "images": [{"id": 7, "file_name": "a.png"}],
            "annotations": [{"image_id": 7, "category_id": 3, "bbox": [4, 5, 10, 20]}],
            "categories": [{"id": 3, "name": "thing"}, {"id": 1, "name": "other"}],
        }
        (self.data / "train.json").write_text(json.dumps(content))
        prepare.prepare(str(self.data), self.cache, ["train"])
        pictures = open_cache(self.cache, "train")
        self.assertEqual([c.name for c in pictures.classes], ["other", "thing"])
        self.assertEqual(pictures.labels.tolist(), [1])
        self.assertEqual(pictures.boxes.tolist(), [[4, 5, 14, 25]])
        content["annotations"][0]["category_id"] = 9
        (self.data / "train.json").write_text(json.dumps(content))
        self.refuse("annotation 0 has no usable")

    def test_voc(self) -> None:
        """One-based inclusive pixels."""
        (self.data / "Annotations").mkdir()
        (self.data / "JPEGImages").mkdir()
        (self.data / "JPEGImages" / "a.png").write_bytes(
            synthetic_record(1, "t").load()
        )
        box = "<bndbox><xmin>5</xmin><ymin>6</ymin><xmax>14</xmax><ymax>25</ymax></bndbox>"
        note = self.data / "Annotations" / "a.xml"
        note.write_text(
            f"<annotation><filename>a.png</filename><object><name>cup</name>{box}</object></annotation>"
        )
        prepare.prepare(str(self.data), self.cache, ["train"])
        pictures = open_cache(self.cache, "train")
        self.assertEqual(pictures.boxes.tolist(), [[4, 5, 14, 25]])
        note.write_text("<annotation><object>")
        self.refuse("a.xml: not a usable VOC annotation")


if __name__ == "__main__":
    unittest.main()
