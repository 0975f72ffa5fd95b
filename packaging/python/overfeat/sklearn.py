# SPDX-License-Identifier: Apache-2.0
"""Features as a step of a scikit-learn pipeline: overfeat.sklearn.FeatureTransformer.

>>> make_pipeline(FeatureTransformer(), LogisticRegression()).fit(pictures, answers)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from overfeat._recogniser import ModelName, Recogniser

try:
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.utils.validation import check_array, check_is_fitted
except ImportError as missing:
    raise ImportError(
        "overfeat.sklearn needs scikit-learn, which is not installed here; install it "
        "(pip install scikit-learn)."
    ) from missing


class FeatureTransformer(TransformerMixin, BaseEstimator):
    """What a layer says of pictures, a row of numbers each.

    model, device, threads: as of overfeat.Recogniser.
    layer: a name of overfeat.Recogniser.layers; None = the embedding.
    image_shape: None: X is pictures, as Recogniser.features() takes them: (pictures, rows, columns,
        3), uint8, or a sequence of pictures of any sizes. (rows, columns) or (rows, columns, 3): X is
        (pictures, numbers), each row a picture of that shape with numbers from 0 to 255, as
        scikit-learn's own data sets have them. "square": such rows are grey pictures, as square as
        their numbers allow, the last row filled with black.

    Nothing is learnt: fit() opens the network and looks at the shape of X.
    """

    def __init__(
        self,
        model: ModelName | Sequence[ModelName] = "default",
        layer: str | None = None,
        device: str = "auto",
        threads: int = 0,
        image_shape: tuple[int, ...] | str | None = None,
    ) -> None:
        self.model = model
        self.layer = layer
        self.device = device
        self.threads = threads
        self.image_shape = image_shape

    def fit(self, X: Any, y: Any = None) -> FeatureTransformer:
        """Opens the network. y is not looked at."""
        if self.image_shape is not None:
            self.n_features_in_ = self._rows(X).shape[1]
        self._recogniser = Recogniser(
            self.model, device=self.device, threads=self.threads
        )
        self.layer_ = self._recogniser._extractor(self.layer).info()["layer"]
        return self

    def transform(self, X: Any) -> npt.NDArray[np.float32]:
        """The values, (pictures, numbers of the layer), float32."""
        check_is_fitted(self, "layer_")
        if self.image_shape is not None:
            X = self._pictures(self._rows(X))
        if not hasattr(self, "_recogniser"):  # after it was unpickled
            self._recogniser = Recogniser(
                self.model, device=self.device, threads=self.threads
            )
        values = self._recogniser.features(X, self.layer)
        return values.reshape(len(values), -1)

    def get_feature_names_out(
        self, input_features: Any = None
    ) -> npt.NDArray[np.object_]:
        """What the columns are called: the layer's name with their number."""
        check_is_fitted(self, "layer_")
        shape = self._recogniser._extractor(self.layer).info()["shape"]
        count = int(np.prod(shape))
        return np.asarray([f"{self.layer_}_{i}" for i in range(count)], dtype=object)

    def _more_tags(self) -> dict[str, Any]:  # scikit-learn before 1.6
        return {
            "preserves_dtype": [np.float32],
            "X_types": ["2darray" if self.image_shape is not None else "3darray"],
            "no_validation": self.image_shape is None,
        }

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        tags.input_tags.two_d_array = self.image_shape is not None
        tags.input_tags.three_d_array = self.image_shape is None
        tags.no_validation = self.image_shape is None
        return tags

    def _rows(self, X: Any) -> npt.NDArray[np.float64]:
        rows = check_array(X)
        known = getattr(self, "n_features_in_", None)
        if known is not None and hasattr(self, "layer_") and rows.shape[1] != known:
            raise ValueError(
                f"X has {rows.shape[1]} features, but FeatureTransformer is expecting {known} "
                f"features as input."
            )
        return rows

    def _pictures(self, rows: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
        numbers = rows.shape[1]
        if self.image_shape == "square":
            side = int(np.ceil(np.sqrt(numbers)))
            shape: tuple[int, ...] = (side, side)
        else:
            shape = tuple(self.image_shape or ())
            if int(np.prod(shape)) != numbers:
                raise ValueError(
                    f"A row of X has {numbers} numbers, a picture of image_shape={shape} has "
                    f"{int(np.prod(shape))}."
                )
        count = int(np.prod(shape))
        flat = np.zeros((len(rows), count), np.uint8)
        flat[:, :numbers] = np.clip(np.rint(rows), 0, 255)
        colours = shape if len(shape) == 3 else (*shape, 1)
        return flat.reshape(len(rows), *colours)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__().copy()
        state.pop("_recogniser", None)
        return state
