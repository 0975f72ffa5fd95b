# SPDX-License-Identifier: Apache-2.0
"""Runs that go on: from an exported network, from a smaller one, and after being killed."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

HAVE_TORCH = importlib.util.find_spec("torch") is not None
HAVE_ONNX = importlib.util.find_spec("onnx") is not None
HAVE_RUNTIME = importlib.util.find_spec("onnxruntime") is not None

if HAVE_TORCH:
    import numpy as np
    import torch

    from overfeat_training import checkpoint, prepare, train
    from overfeat_training.cache import open_cache
    from overfeat_training.network import PRESETS, WindowNet
    from overfeat_training.records import RecipeError
    from overfeat_training.settings import load_settings
    from overfeat_training.unfold import unfold

CONFIGURATION = ROOT / "configurations" / "smoke.json"


@unittest.skipUnless(
    HAVE_TORCH, "PyTorch is not installed: the training recipe is not tested"
)
class GoingOn(unittest.TestCase):
    """A few steps on made-up pictures; what they gave is gone on with."""

    holder: tempfile.TemporaryDirectory[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.holder = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.holder.name)
        cls.cache = cls.folder / "cache"
        prepare.prepare("synthetic", cls.cache, ["train", "val"])
        cls.pictures = open_cache(cls.cache, "train")
        cls.settings = load_settings(CONFIGURATION, {})
        run = train.Run(cls.pictures, cls.settings, torch.device("cpu"))
        for _ in range(8):
            run.one_step()
        cls.first = cls.folder / "first.pt"
        checkpoint.save_checkpoint(cls.first, run.state())
        rng = torch.Generator().manual_seed(4)
        cls.windows = torch.randn(6, 3, 64, 64, generator=rng)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.holder.cleanup()

    def answers(self, path: Path) -> list[Any]:
        """Scores, boxes and features of the averaged network of a checkpoint."""
        with torch.no_grad():
            return [v.numpy() for v in checkpoint.load_averaged(path)[0](self.windows)]

    def refuse(self, words: str, call: Any) -> None:
        """The call must fail with one sentence that has these words."""
        with self.assertRaisesRegex(RecipeError, words) as caught:
            call()
        self.assertNotIn("\n", str(caught.exception))

    @unittest.skipUnless(
        HAVE_ONNX, "the onnx package is not installed: unfolding is not tested"
    )
    def test_unfolded_network_gives_the_same_answers(self) -> None:
        """As the network that was exported, and as the exported file; and it can be trained on."""
        from overfeat_training.export import export

        model, again = self.folder / "first.onnx", self.folder / "again.pt"
        export(self.first, self.cache, model, "no card")
        unfold(model, "smoke", self.pictures, again)
        expected = self.answers(self.first)
        for ours, theirs in zip(self.answers(again), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-4)
        settings = replace(self.settings, start=str(again))
        run = train.Run(self.pictures, settings, torch.device("cpu"))
        before, _ = train.Run(
            self.pictures, self.settings, torch.device("cpu")
        ).one_step()
        self.assertLess(run.one_step()[0], before)
        if not HAVE_RUNTIME:
            self.skipTest(
                "onnxruntime is not installed: the file's answers are not compared"
            )
        import onnxruntime

        session = onnxruntime.InferenceSession(
            str(model), providers=["CPUExecutionProvider"]
        )
        names = ["scores", "boxes", "features"]
        given = {"input": self.windows.numpy()}
        for ours, theirs in zip(
            self.answers(again), session.run(names, given), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, atol=1e-4)

    @unittest.skipUnless(
        HAVE_ONNX, "the onnx package is not installed: unfolding is not tested"
    )
    def test_unfolding_what_does_not_fit(self) -> None:
        """A file that is no network, and one of other widths."""
        from overfeat_training.export import export

        model, out = self.folder / "widths.onnx", self.folder / "none.pt"
        model.write_bytes(b"no network")
        self.refuse(
            "widths.onnx: not a readable ONNX file",
            lambda: unfold(model, "smoke", self.pictures, out),
        )
        export(self.first, self.cache, model, "no card")
        self.refuse(
            "trunk.0.weight has shape .* check --widths",
            lambda: unfold(model, "compact", self.pictures, out),
        )
        self.assertFalse(out.exists())

    def test_an_added_block_changes_no_answer(self) -> None:
        """A grown network says exactly what the smaller one said, until it is trained."""
        small = checkpoint.load_averaged(self.first)[0]
        wider = replace(PRESETS["smoke"], middle_inner=(16, 8))
        large = WindowNet(small.classes, wider).eval()
        large.adopt(small)
        self.assertEqual(len(large.trunk), len(small.trunk) + 1)
        with torch.no_grad():
            for ours, theirs in zip(
                large(self.windows), small(self.windows), strict=True
            ):
                self.assertTrue(torch.equal(ours, theirs))
        large.train()(self.windows)[0].square().sum().backward()
        block = large.trunk[5]
        self.assertGreater(float(block.second.norm.weight.grad.abs().sum()), 0)

    def test_only_what_fits_is_adopted(self) -> None:
        """Other widths, fewer blocks or other classes."""
        small = checkpoint.load_averaged(self.first)[0]
        for classes, change in (
            (small.classes, {"late": 40}),
            (small.classes, {"middle_inner": ()}),
            (small.classes, {"middle_inner": (8, 16)}),
            (small.classes + 1, {}),
        ):
            other = WindowNet(classes, replace(PRESETS["smoke"], **change))
            self.refuse("other widths or classes", partial(other.adopt, small))
        settings = replace(self.settings, start=str(self.first), widths="compact")
        self.refuse(
            "other widths",
            lambda: train.Run(self.pictures, settings, torch.device("cpu")),
        )

    def command(self, run: Path) -> list[str]:
        """A run of about 40 steps with a checkpoint after every one."""
        return [
            *(sys.executable, "-m", "overfeat_training.train"),
            *("--cache", str(self.cache), "--run", str(run)),
            *("--config", str(CONFIGURATION), "--epochs", "1.6"),
            *("--threads", "1", "--device", "cpu", "--every", "0"),
        ]

    def test_a_killed_run_ends_in_the_same_state(self) -> None:
        """Killed without warning and started again: bit for bit what it would have been."""
        whole, killed = self.folder / "whole", self.folder / "killed"
        process = subprocess.Popen(
            self.command(killed),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        latest = killed / "latest.pt"
        deadline = time.monotonic() + 240
        while not latest.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        self.assertEqual(process.wait(), -signal.SIGKILL)
        stopped = checkpoint.load_checkpoint(latest)["step"]
        for run in (killed, whole):
            done = subprocess.run(
                self.command(run), cwd=ROOT, capture_output=True, text=True, check=False
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual("continuing" in done.stdout, run == killed)
        ours, theirs = (
            checkpoint.load_checkpoint(p / "latest.pt") for p in (killed, whole)
        )
        self.assertLess(stopped, theirs["step"])
        self.assert_same(ours, theirs, "")

    def assert_same(self, ours: Any, theirs: Any, where: str) -> None:
        """Equal in everything but the clock's time and what was measured on the way."""
        self.assertIs(type(ours), type(theirs), where)
        if isinstance(ours, torch.Tensor):
            self.assertTrue(torch.equal(ours, theirs), where)
        elif isinstance(ours, dict):
            self.assertEqual(ours.keys(), theirs.keys(), where)
            for key in ours.keys() - {"elapsed", "curve"}:
                self.assert_same(ours[key], theirs[key], f"{where}/{key}")
        elif isinstance(ours, list | tuple):
            self.assertEqual(len(ours), len(theirs), where)
            for index, pair in enumerate(zip(ours, theirs, strict=True)):
                self.assert_same(*pair, f"{where}/{index}")
        else:
            self.assertEqual(ours, theirs, where)


if __name__ == "__main__":
    unittest.main()
