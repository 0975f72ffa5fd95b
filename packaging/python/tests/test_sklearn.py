# SPDX-License-Identifier: Apache-2.0
"""overfeat.sklearn: the estimator convention, by scikit-learn's own checks."""

from __future__ import annotations

import pickle
import unittest

import numpy as np

import overfeat
from support import installed, missing, said_without, scene


class WithoutSklearn(unittest.TestCase):
    """Where there is none."""

    def test_it_is_said(self) -> None:
        said = said_without(self, "sklearn")
        self.assertIn("ImportError: overfeat.sklearn needs scikit-learn", said)


class Estimator(unittest.TestCase):
    """Where there is one."""

    def setUp(self) -> None:
        missing(self, "sklearn", installed("sklearn"))

    def test_its_own_checks(self) -> None:
        from sklearn.utils.estimator_checks import check_estimator

        from overfeat.sklearn import FeatureTransformer

        check_estimator(FeatureTransformer(image_shape="square", threads=1))

    def test_in_a_pipeline(self) -> None:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        from overfeat.sklearn import FeatureTransformer

        rng = np.random.default_rng(1)
        pictures = [scene(60, 60, 120) for _ in range(6)] + [
            np.full((120, 90, 3), 40 * i, np.uint8) for i in range(6)
        ]
        pictures = [
            np.clip(one + rng.integers(0, 9, one.shape), 0, 255) for one in pictures
        ]
        pictures = [one.astype(np.uint8) for one in pictures]
        answers = [1] * 6 + [0] * 6
        pipeline = make_pipeline(FeatureTransformer(threads=1), LogisticRegression())
        pipeline.fit(pictures, answers)
        self.assertEqual(list(pipeline.predict(pictures)), answers)

    def test_the_numbers_are_the_layers(self) -> None:
        from overfeat.sklearn import FeatureTransformer

        recogniser = overfeat.Recogniser(threads=1)
        layer = recogniser.layers[0]
        pictures = np.stack([scene(), scene(100, 20, 80)])
        expected = recogniser.features(pictures, layer.name).reshape(2, -1)
        transformer = FeatureTransformer(layer=layer.name, threads=1)
        np.testing.assert_array_equal(transformer.fit_transform(pictures), expected)
        names = transformer.get_feature_names_out()
        self.assertEqual(names.shape, (expected.shape[1],))
        again = pickle.loads(pickle.dumps(transformer))
        np.testing.assert_array_equal(again.transform(pictures), expected)
        flat = FeatureTransformer(
            layer=layer.name, threads=1, image_shape=(240, 320, 3)
        )
        np.testing.assert_array_equal(
            flat.fit_transform(pictures.reshape(2, -1)), expected
        )
        with self.assertRaisesRegex(ValueError, "image_shape"):
            FeatureTransformer(image_shape=(2, 2)).fit(np.ones((3, 5))).transform(
                np.ones((3, 5))
            )


if __name__ == "__main__":
    unittest.main()
