# SPDX-License-Identifier: Apache-2.0
"""overfeat.torch: tensors in and out."""

from __future__ import annotations

import pickle
import unittest

import numpy as np

import overfeat
from support import installed, missing, said_without, scene


class WithoutTorch(unittest.TestCase):
    """Where there is none."""

    def test_it_is_said(self) -> None:
        said = said_without(self, "torch")
        self.assertIn("ImportError: overfeat.torch needs PyTorch", said)


class Tensors(unittest.TestCase):
    """Where there is one."""

    def setUp(self) -> None:
        missing(self, "torch", installed("torch"))

    def test_every_way_in_is_the_same_picture(self) -> None:
        import torch

        from overfeat.torch import FeatureExtractor

        pictures = np.stack([scene(), scene(100, 20, 80)])
        layer = overfeat.Recogniser(threads=1).layers[2].name
        expected = overfeat.Recogniser(threads=1).features(pictures, layer)
        module = FeatureExtractor(layer=layer, threads=1)
        batch = torch.from_numpy(pictures).permute(0, 3, 1, 2)
        ways = {
            "channels last": batch,
            "contiguous": batch.contiguous(),
            "0 to 1": batch.float() / 255,
            "a list": [batch[0], batch[1]],
        }
        for name, given in ways.items():
            with self.subTest(name):
                values = module(given)
                self.assertEqual(values.dtype, torch.float32)
                self.assertFalse(values.requires_grad)
                np.testing.assert_array_equal(values.numpy(), expected)
        np.testing.assert_array_equal(module(batch[1]).numpy(), expected[1])

    def test_it_is_a_module(self) -> None:
        import torch

        from overfeat.torch import FeatureExtractor

        module = FeatureExtractor(threads=1)
        batch = torch.from_numpy(np.stack([scene()] * 2)).permute(0, 3, 1, 2)
        head = torch.nn.Linear(module(batch).shape[1], 3)
        model = torch.nn.Sequential(module, head).eval()
        self.assertEqual(model(batch).shape, (2, 3))
        self.assertEqual(len(list(module.parameters())), 0)
        self.assertIn("default", str(model))
        again = pickle.loads(pickle.dumps(module))
        self.assertTrue(torch.equal(again(batch), module(batch)))

    def test_what_is_no_picture_is_said(self) -> None:
        import torch

        from overfeat.torch import FeatureExtractor

        module = FeatureExtractor(threads=1)
        with self.assertRaisesRegex(TypeError, "uint8"):
            module(torch.zeros((1, 3, 8, 8), dtype=torch.int64))
        for shape in ((3, 8), (1, 2, 8, 8), (1, 1, 3, 8, 8)):
            with self.assertRaises(ValueError):
                module(torch.zeros(shape, dtype=torch.uint8))
        with self.assertRaises(ValueError):
            module([])


if __name__ == "__main__":
    unittest.main()
