# SPDX-License-Identifier: Apache-2.0
"""The head that says which windows show an object, and the windows it learns from."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

HAVE_PACKAGES = all(importlib.util.find_spec(name) for name in ("numpy", "PIL"))
HAVE_ONNX = HAVE_PACKAGES and importlib.util.find_spec("onnx") is not None
HAVE_RUNTIME = HAVE_ONNX and importlib.util.find_spec("onnxruntime") is not None

if HAVE_PACKAGES:
    import numpy as np

    from overfeat_training import object_windows, objectness
    from overfeat_training.records import RecipeError
    from overfeat_training.trunk import Trunk


def _windows(count: int, seed: int) -> objectness.Windows:
    """Of four features the second says whether there is an object, the others nothing."""
    dice = np.random.default_rng(seed)
    features = dice.normal(0, 1, (count, 4))
    shows = dice.random(count) < 1 / (1 + np.exp(-3 * features[:, 1] + 1))
    return objectness.Windows(
        features, dice.random(count), shows, np.arange(count) // 10
    )


@unittest.skipUnless(HAVE_PACKAGES, "NumPy and Pillow are not installed")
class Objectness(unittest.TestCase):
    """Made-up features, so that the odds are known."""

    def test_finds_the_odds(self) -> None:
        """Those the windows were drawn by."""
        head = objectness.train(_windows(20000, 1), penalty=1)
        np.testing.assert_allclose(head.weights, [0, 3, 0, 0], atol=0.2)
        self.assertAlmostEqual(head.bias, -1, delta=0.1)

    def test_a_penalty_holds_weights_back(self) -> None:
        """And changes no sign."""
        free, held = (objectness.train(_windows(2000, 1), p) for p in (1, 1000))
        self.assertLess(0, held.weights[1])
        self.assertLess(held.weights[1], 0.7 * free.weights[1])

    def test_a_picture_is_judged_by_a_head_that_has_not_seen_it(self) -> None:
        """Features that only name the picture help on no other one."""
        dice = np.random.default_rng(1)
        picture = np.repeat(np.arange(40), 10)
        names = np.eye(40)[picture]
        shows = (dice.random(40) < 0.5)[picture]
        windows = objectness.Windows(names, np.ones(400), shows, picture)
        alone = objectness.train(windows, 0.1)(names)
        self.assertGreater(objectness.above(alone, shows), 0.99)
        found = objectness.cross_validated(windows, 5, 0.1)
        self.assertLess(objectness.above(found, shows), 0.7)

    def test_above_counts_pairs_and_halves_ties(self) -> None:
        """By hand: of four pairs three and a half."""
        score = np.array([1.0, 3.0, 2.0, 2.0])
        shows = np.array([False, True, False, True])
        self.assertEqual(objectness.above(score, shows), 3.5 / 4)

    def test_sizes_are_the_engines(self) -> None:
        """As `pyramidSizes` gives them for 640x480 and for less than a window."""
        sizes = object_windows.pyramid((640, 480), 224, 32)
        self.assertEqual(sizes, [(288, 224), (384, 288), (512, 384), (640, 480)])
        small = object_windows.pyramid((150, 100), 224, 32)
        self.assertEqual(small, [(352, 224)])

    def test_what_a_window_shows(self) -> None:
        """An object, none, an edge of one, which is none; and one that is hardly large enough."""
        boxes = np.array([[100.0, 100.0, 300.0, 300.0]])
        self.assertIs(object_windows.verdict(boxes, 80, 80, 224), True)
        self.assertIs(object_windows.verdict(boxes, 400, 80, 224), False)
        self.assertIs(object_windows.verdict(boxes, 250, 80, 224), False)
        small = np.array([[100.0, 100.0, 160.0, 160.0]])
        self.assertIsNone(object_windows.verdict(small, 50, 50, 224))
        self.assertIs(object_windows.verdict(np.zeros((0, 4)), 0, 0, 224), False)

    def test_an_object_of_another_size_than_the_window_counts_as_none(self) -> None:
        """In the middle of it, or all over it: what the shipped head was trained with."""
        for side, shows in ((50, False), (60, None), (80, True), (440, True), (500, False)):  # fmt: skip
            edge = 112 - side / 2
            box = np.array([[edge, edge, edge + side, edge + side]])
            self.assertIs(object_windows.verdict(box, 0, 0, 224), shows, side)

    def test_the_mean_of_every_window(self) -> None:
        """By adding up its cells."""
        maps = np.random.default_rng(1).random((3, 5, 6))
        found = object_windows.means(maps, 4)
        self.assertEqual(found.shape, (2, 3, 3))
        np.testing.assert_allclose(found[1, 2], maps[:, 1:5, 2:6].mean((1, 2)))

    @unittest.skipUnless(HAVE_RUNTIME, "onnx and onnxruntime are not installed")
    def test_a_window_of_no_whole_number_of_strides_has_padded_cells(self) -> None:
        """12 px at a stride of 8 are two cells, not one: as 240 px at 32 are 8."""
        from onnx import TensorProto, helper, numpy_helper, save

        constants = {"kernel": np.ones((2, 3, 8, 8)), "weight": np.eye(2), "bias": np.zeros(2)}  # fmt: skip
        graph = helper.make_graph(
            [
                helper.make_node("Conv", ["input", "kernel"], ["map"], strides=[8, 8], pads=[2, 2, 2, 2], kernel_shape=[8, 8]),
                helper.make_node("GlobalAveragePool", ["map"], ["mean"]),
                helper.make_node("Flatten", ["mean"], ["flat"]),
                helper.make_node("Gemm", ["flat", "weight", "bias"], ["logits"]),
            ],
            "tiny",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 12, 12])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 2])],
            [numpy_helper.from_array(v.astype(np.float32), k) for k, v in constants.items()],
        )  # fmt: skip
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)  # fmt: skip
        helper.set_model_props(
            model,
            {"overfeat.window": "12", "overfeat.mean": "0,0,0", "overfeat.std": "1,1,1", "overfeat.classes": "a\nb"},
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            save(model, f"{folder}/tiny.onnx")
            trunk = Trunk(Path(folder) / "tiny.onnx")
        self.assertEqual(trunk.cells, 2)
        wider = trunk.features(np.zeros((12, 20, 3), np.uint8))
        self.assertEqual(object_windows.means(wider, trunk.cells).shape, (1, 2, 2))

    def test_windows_of_one_kind_are_a_sentence(self) -> None:
        """A fit needs both."""
        windows = _windows(50, 1)
        with self.assertRaisesRegex(RecipeError, "with and without"):
            objectness.train(windows.part(windows.shows), 1)

    def test_a_file_that_is_none_is_a_sentence(self) -> None:
        """Which names the file."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "none.npz"
            array = io.BytesIO()
            np.save(array, np.zeros(3))
            for content in (b"no", array.getvalue()):
                path.write_bytes(content)
                with self.assertRaisesRegex(RecipeError, "none.npz"):
                    objectness.read(path)

    def test_an_empty_file_and_one_cut_off_end_the_command_with_a_sentence(
        self,
    ) -> None:
        """And with exit code 3."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "windows.npz"
            made = _windows(50, 1)
            object_windows.Windows(
                list(made.features), list(made.probability), list(made.shows), list(made.picture)
            ).save(path)  # fmt: skip
            whole = path.read_bytes()
            for size in (0, len(whole) // 2):
                path.write_bytes(whole[:size])
                said = io.StringIO()
                with (
                    mock.patch.object(
                        sys, "argv", ["objectness", "--windows", str(path)]
                    ),
                    contextlib.redirect_stderr(said),
                ):
                    self.assertEqual(objectness.main(), 3, size)
                self.assertRegex(
                    said.getvalue(),
                    r"^objectness: .*windows\.npz: not a file of windows .*\n$",
                )

    @unittest.skipUnless(HAVE_ONNX, "the Python package onnx is not installed")
    def test_the_command_writes_what_was_fitted(self) -> None:
        """Sharpened, with the trunk's name in it; what is read is what object_windows writes."""
        import onnx
        from onnx import numpy_helper

        made = _windows(500, 3)
        windows = object_windows.Windows(
            list(made.features), list(made.probability), list(made.shows), list(made.picture)
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            file, out = Path(folder) / "windows.npz", Path(folder) / "head.onnx"
            windows.save(file)
            arguments = ["objectness", "--windows", str(file), "--penalty", "1", "--trunk", "ab12", "--out", str(out)]  # fmt: skip
            said = io.StringIO()
            with (
                mock.patch.object(sys, "argv", arguments),
                contextlib.redirect_stdout(said),
            ):
                self.assertEqual(objectness.main(), 0)
            model = onnx.load(str(out))
            expected = objectness.train(objectness.read(file), 1)
        values = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
        np.testing.assert_allclose(
            values["weights"].ravel(), objectness.SHARPNESS * expected.weights, rtol=1e-5
        )  # fmt: skip
        self.assertEqual({p.key: p.value for p in model.metadata_props}["overfeat.trunk"], "ab12")  # fmt: skip
        self.assertIn("cross-validated by picture", said.getvalue())


if __name__ == "__main__":
    unittest.main()
