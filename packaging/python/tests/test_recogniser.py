# SPDX-License-Identifier: Apache-2.0
"""overfeat.Recogniser: what goes in, what comes out, and what is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import numpy as np

import overfeat
from overfeat import Recogniser
from support import ROOT, scene


class Looking(unittest.TestCase):
    """Scores, objects and maps."""

    recogniser: Recogniser

    @classmethod
    def setUpClass(cls) -> None:
        cls.recogniser = Recogniser(threads=1)

    def test_says_what_it_is(self) -> None:
        recogniser = self.recogniser
        self.assertEqual(recogniser.model, "default")
        self.assertEqual(recogniser.window, 64)
        self.assertTrue(recogniser.slides)
        self.assertTrue(recogniser.can_be_taught)
        self.assertGreaterEqual(len(recogniser.labels), 200)
        self.assertEqual(recogniser.layers[0].operation, "Conv")
        self.assertIn("default", repr(recogniser))

    def test_one_look_has_scores_objects_and_maps(self) -> None:
        seen = self.recogniser.recognise(scene(), scales=2, threshold=0.05)
        self.assertEqual(seen.scores.shape, (len(self.recogniser.labels),))
        self.assertEqual(seen.scores.dtype, np.float32)
        self.assertEqual(seen.labels, self.recogniser.labels)
        best = seen.top(3)
        self.assertEqual(len(best), 3)
        self.assertEqual(best[0].score, float(seen.scores[best[0].class_index]))
        self.assertEqual(best[0].label, seen.labels[best[0].class_index])
        self.assertGreaterEqual(best[0].score, best[1].score)
        self.assertEqual(len(seen.scales), 2)
        for scale in seen.scales:
            self.assertEqual(scale.values.shape[0], len(seen.labels))
            self.assertEqual(scale.first_class, 0)
            self.assertGreater(scale.step[0], 0)
            self.assertAlmostEqual(float(scale.values[:, 0, 0].sum()), 1, places=4)
        # Spatial maximum, then the mean over the scales: the scores.
        peaks = [scale.values.max(axis=(1, 2)) for scale in seen.scales]
        np.testing.assert_allclose(np.mean(peaks, axis=0), seen.scores, atol=1e-6)
        self.assertGreater(seen.milliseconds["network"], 0)

    def test_views_keep_what_they_look_at_and_are_not_written(self) -> None:
        values = self.recogniser.maps(scene(), scales=1)[0].values  # all else is gone
        before = values.copy()
        self.recogniser.maps(scene(200, 100, 80), scales=1)
        np.testing.assert_array_equal(values, before)
        self.assertFalse(values.flags.owndata)
        with self.assertRaises(ValueError):
            values[0, 0, 0] = 1

    def test_classify_detect_and_maps_are_parts_of_it(self) -> None:
        seen = self.recogniser.recognise(scene(), threshold=0.05)
        self.assertEqual(self.recogniser.classify(scene(), top=4), seen.top(4))
        self.assertEqual(self.recogniser.detect(scene(), threshold=0.05), seen.objects)
        ours = self.recogniser.maps(scene())
        for mine, theirs in zip(ours, seen.scales, strict=True):
            np.testing.assert_array_equal(mine.values, theirs.values)

    def test_every_layout_of_the_same_picture(self) -> None:
        picture = scene()
        expected = self.recogniser.recognise(picture, views="centre").scores
        rgba = np.dstack([picture, np.full(picture.shape[:2], 7, np.uint8)])
        doubled = np.repeat(picture, 2, axis=1)
        wide = np.zeros((240, 500, 3), np.uint8)
        wide[:, 100:420] = picture
        layouts = {
            "four colours": (rgba, "rgb"),
            "blue first": (picture[:, :, ::-1].copy(), "bgr"),
            "every second pixel": (doubled[:, ::2], "rgb"),
            "part of a larger one": (wide[:, 100:420], "rgb"),
            "rows upwards": (picture[::-1].copy()[::-1], "rgb"),
            "columns first": (np.asfortranarray(picture), "rgb"),
            "colours reversed in place": (
                picture[:, :, ::-1].copy()[:, :, ::-1],
                "rgb",
            ),
        }
        for name, (array, order) in layouts.items():
            with self.subTest(name):
                seen = self.recogniser.recognise(array, format=order, views="centre")
                np.testing.assert_array_equal(seen.scores, expected)

    def test_grey_is_that_grey_in_every_colour(self) -> None:
        grey = scene()[:, :, 0].copy()
        expected = self.recogniser.recognise(
            np.dstack([grey] * 3), views="centre"
        ).scores
        for array in (grey, grey[:, :, None]):
            seen = self.recogniser.recognise(array, views="centre")
            np.testing.assert_array_equal(seen.scores, expected)

    def test_what_is_no_picture_is_said(self) -> None:
        wrong = {
            "three of uint8": np.zeros((4, 4, 2), np.uint8),
            "uint8": np.zeros((4, 4, 3), np.float32),
            "uint8 ": np.zeros((4, 4, 3), np.int8),
            "rows": np.zeros(5, np.uint8),
            "none": object(),
            "no pixels": np.zeros((0, 4, 3), np.uint8),
        }
        for name, array in wrong.items():
            with self.subTest(name), self.assertRaises(overfeat.Error) as raised:
                self.recogniser.classify(array)
            self.assertTrue(str(raised.exception).endswith("."))

    def test_what_there_is_not_is_said(self) -> None:
        for look in (
            {"views": "tea"},
            {"scales": 99},
            {"merge": "tea"},
            {"format": "cmyk"},
        ):
            with self.subTest(look), self.assertRaises(overfeat.UsageError):
                self.recogniser.recognise(scene(), **look)
        with self.assertRaises(ValueError):
            self.recogniser.recognise(scene(), threshold=5)
        with self.assertRaises(TypeError):
            self.recogniser.recognise(scene(), tea=1)  # type: ignore[call-arg]

    def test_a_taught_object_is_found(self) -> None:
        with Recogniser(threads=1) as recogniser:
            recogniser.teach("sign", scene(), (60, 60, 96, 96))
            found = recogniser.detect(
                scene(180, 90, 100), only_taught=True, threshold=0.5
            )
            self.assertEqual([one.label for one in found], ["sign"])
            self.assertTrue(found[0].taught)
            self.assertAlmostEqual(
                found[0].box.x + found[0].box.width / 2, 230, delta=20
            )
            taught = recogniser.maps(scene(180, 90, 100), scales=2)[2:]
            self.assertEqual([len(scale.values) for scale in taught], [1, 1])
            recogniser.forget("sign")
            self.assertEqual(recogniser.detect(scene(), only_taught=True), [])
            with self.assertRaises(overfeat.InputError):
                recogniser.teach("sign", scene(), (-500, 0, 10, 10))

    def test_closed_is_said(self) -> None:
        recogniser = Recogniser(threads=1)
        recogniser.features(scene())
        device = recogniser.device
        recogniser.close()
        recogniser.close()
        self.assertEqual(recogniser.device, device)
        with self.assertRaisesRegex(overfeat.UsageError, "is closed"):
            recogniser.classify(scene())
        with self.assertRaisesRegex(overfeat.UsageError, "is closed"):
            recogniser.features(scene())


class Features(unittest.TestCase):
    """Any layer, of one picture and of many."""

    recogniser: Recogniser

    @classmethod
    def setUpClass(cls) -> None:
        cls.recogniser = Recogniser(threads=1)

    def test_shapes(self) -> None:
        embedding = self.recogniser.features(scene())
        self.assertEqual(embedding.ndim, 1)
        self.assertEqual(embedding.dtype, np.float32)
        layer = self.recogniser.layers[0]
        one = self.recogniser.features(scene(), layer.name)
        self.assertEqual(one.shape, layer.shape[1:])
        many = self.recogniser.features([scene(), scene(10, 10, 50)], layer.name)
        self.assertEqual(many.shape, (2, *layer.shape[1:]))
        np.testing.assert_array_equal(many[0], one)

    def test_a_batch_is_its_pictures(self) -> None:
        pictures = [scene(), scene(90, 10, 120), scene(5, 60, 33)]
        batch = self.recogniser.features(np.stack(pictures))
        for picture, row in zip(pictures, batch, strict=True):
            np.testing.assert_array_equal(self.recogniser.features(picture), row)
        sizes = [pictures[0], pictures[1][:100], pictures[2][:, 20:]]
        several = self.recogniser.features(one for one in sizes)
        np.testing.assert_array_equal(several[2], self.recogniser.features(sizes[2]))
        self.assertEqual(self.recogniser.features([]).shape, (0, batch.shape[1]))

    def test_into_the_callers_array(self) -> None:
        pictures = [scene(), scene(90, 10, 120)]
        expected = self.recogniser.features(pictures)
        out = np.full(expected.shape, np.nan, np.float32)
        self.assertIs(self.recogniser.features(pictures, out=out), out)
        np.testing.assert_array_equal(out, expected)
        for wrong in (out[:1], out.astype(np.float64), np.asfortranarray(out)):
            with self.assertRaises(overfeat.UsageError):
                self.recogniser.features(pictures, out=wrong)
        out.flags.writeable = False
        with self.assertRaises(ValueError):
            self.recogniser.features(pictures, out=out)

    def test_which_picture_it_was(self) -> None:
        pictures = [scene(), scene(), np.zeros((0, 3, 3), np.uint8), scene()]
        with self.assertRaises(overfeat.InputError) as raised:
            self.recogniser.features(pictures)
        self.assertEqual(raised.exception.picture, 2)

    def test_unknown_layers_are_said(self) -> None:
        with self.assertRaises(overfeat.UsageError):
            self.recogniser.features(scene(), "tea")


class Opening(unittest.TestCase):
    """Models, devices, libraries."""

    def test_names_paths_and_bytes_are_the_same_model(self) -> None:
        file = ROOT / "models" / "default.onnx"
        expected = Recogniser("default", threads=1).classify(scene(), top=1)
        for model in (file, str(file), file.read_bytes(), ["default"]):
            with self.subTest(type(model)):
                opened = Recogniser(model, threads=1)
                self.assertEqual(opened.classify(scene(), top=1), expected)
        both = Recogniser(["default", "light"], threads=1)
        self.assertEqual(both.model, "default + light")

    def test_what_cannot_be_opened_is_said(self) -> None:
        with self.assertRaisesRegex(overfeat.UsageError, "default"):
            Recogniser("tea")
        with self.assertRaisesRegex(overfeat.ModelError, "model.onnx"):
            Recogniser("/nowhere/model.onnx")
        with self.assertRaises(overfeat.ModelError):
            Recogniser(b"tea")
        with self.assertRaises(overfeat.UsageError):
            Recogniser([])
        with self.assertRaises(overfeat.UsageError):
            Recogniser(device="tea")
        with self.assertRaises(overfeat.UsageError):
            Recogniser(threads=-1)

    def test_fetched_models_are_known_by_name(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            models = Path(folder) / "overfeat-live" / "models"
            models.mkdir(parents=True)
            (models / "mine.onnx").write_bytes(
                (ROOT / "models" / "light.onnx").read_bytes()
            )
            (models / "broken.onnx").write_bytes(b"tea")
            before = os.environ.get("XDG_DATA_HOME")
            os.environ["XDG_DATA_HOME"] = folder
            try:
                listed = {one.name: one for one in overfeat.models()}
                self.assertEqual(list(listed), ["broken", "mine", "default", "light"])
                self.assertFalse(listed["broken"].usable)
                self.assertIn("broken.onnx", listed["broken"].sentence)
                self.assertTrue(listed["mine"].usable)
                self.assertEqual(Recogniser("mine", threads=1).model, "mine")
            finally:
                if before is None:
                    del os.environ["XDG_DATA_HOME"]
                else:
                    os.environ["XDG_DATA_HOME"] = before

    def test_devices(self) -> None:
        names = [device.name for device in overfeat.devices() if device.available]
        self.assertEqual(names[-1], "reference")

    def test_libraries(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            nowhere = Path(folder) / "nowhere.overfeat"
            with self.assertRaises(overfeat.InputError):
                overfeat.export_library(nowhere, Path(folder) / "to.overfeat")
            (Path(folder) / "tea").write_bytes(b"tea")
            with self.assertRaises(overfeat.InputError):
                overfeat.import_library(
                    Path(folder) / "new.overfeat", Path(folder) / "tea"
                )
            with (
                Recogniser(threads=1) as recogniser,
                self.assertRaises(overfeat.InputError),
            ):
                recogniser.use_library(nowhere)

    def test_the_command_line(self) -> None:
        own = Path(overfeat.__file__).parent / "bin" / "overfeat"
        if own.exists():  # in a wheel
            called = subprocess.run(
                [sys.executable, "-m", "overfeat", "--version"],
                check=True,
                capture_output=True,
                text=True,
            )
            self.assertTrue(
                called.stdout.startswith(f"overfeat {overfeat.__version__}")
            )
            return
        # What stands for it is called as it would be.
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "overfeat"
            program.write_text('#!/bin/sh\necho "called: $@"\nexit 3\n')
            program.chmod(0o755)
            environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
            called = subprocess.run(
                [sys.executable, "-m", "overfeat", "classify", "a b.jpg"],
                check=False,
                env=environment,
                capture_output=True,
                text=True,
            )
            self.assertEqual(
                (called.returncode, called.stdout), (3, "called: classify a b.jpg\n")
            )
            environment["PATH"] = "/nowhere"
            called = subprocess.run(
                [sys.executable, "-m", "overfeat"],
                check=False,
                env=environment,
                capture_output=True,
                text=True,
            )
            self.assertEqual(called.returncode, 1)
            self.assertIn("install the package", called.stderr)


class Threads(unittest.TestCase):
    """Python's threads, and Ctrl+C."""

    def test_ctrl_c_ends_a_call(self) -> None:
        recogniser = Recogniser(threads=1)
        pictures = [scene()] * 100_000  # minutes
        size = recogniser.features(scene()).shape[0]
        out = np.full((len(pictures), size), np.nan, np.float32)

        def interrupt() -> None:
            while np.isnan(out[3, 0]):  # it runs, and this thread has the GIL meanwhile
                pass
            os.kill(os.getpid(), signal.SIGINT)

        interrupter = threading.Thread(target=interrupt)
        with self.assertRaises(KeyboardInterrupt):
            interrupter.start()
            recogniser.features(pictures, out=out)
        interrupter.join()
        self.assertTrue(np.isnan(out[-1, 0]), "it was not ended but came to its end")
        np.testing.assert_array_equal(
            recogniser.features(scene()), out[0], "and works on"
        )

    def test_a_handler_that_does_not_raise_ends_nothing(self) -> None:
        recogniser = Recogniser(threads=1)
        size = recogniser.features(scene()).shape[0]
        heard = []
        before = signal.signal(
            signal.SIGUSR1, lambda *_: heard.append(recogniser.window)
        )
        try:
            out = np.full((200, size), np.nan, np.float32)

            def nudge() -> None:
                while np.isnan(out[3, 0]):
                    pass
                os.kill(os.getpid(), signal.SIGUSR1)

            nudger = threading.Thread(target=nudge)
            nudger.start()
            recogniser.features([scene()] * 200, out=out)
            nudger.join()
            self.assertFalse(np.isnan(out).any())
            self.assertEqual(heard, [64])
        finally:
            signal.signal(signal.SIGUSR1, before)

    def test_another_thread_cancels(self) -> None:
        recogniser = Recogniser(threads=1)
        size = recogniser.features(scene()).shape[0]
        out = np.full((100_000, size), np.nan, np.float32)
        raised: list[BaseException] = []

        def work() -> None:
            try:
                recogniser.features([scene()] * len(out), out=out)
            except overfeat.CancelledError as cancelled:
                raised.append(cancelled)

        worker = threading.Thread(target=work)
        worker.start()
        while np.isnan(out[3, 0]):
            pass
        recogniser.cancel()
        worker.join()
        self.assertEqual(len(raised), 1)

    def test_threads_take_turns_at_one_recogniser(self) -> None:
        recogniser = Recogniser(threads=1)
        pictures = [scene(left, 40, 60) for left in (10, 60, 110, 160)]
        expected = [recogniser.recognise(one, scales=1).scores for one in pictures]
        wrong: list[int] = []

        def work(index: int) -> None:
            for _ in range(5):
                scores = recogniser.recognise(pictures[index], scales=1).scores
                if not np.array_equal(scores, expected[index]):
                    wrong.append(index)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        self.assertEqual(wrong, [])

    def test_the_process_ends_with_everything_open(self) -> None:
        program = (
            "import overfeat, numpy as np\n"
            "recogniser = overfeat.Recogniser(threads=1)\n"
            "values = recogniser.maps(np.zeros((80, 80, 3), np.uint8))\n"
            "print(len(recogniser.features(np.zeros((80, 80, 3), np.uint8))) > 0)\n"
        )
        ended = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False
        )
        self.assertEqual(
            (ended.returncode, ended.stdout, ended.stderr), (0, "True\n", "")
        )


if __name__ == "__main__":
    unittest.main()
