# SPDX-License-Identifier: Apache-2.0
"""OverFeat Live's engine: what is in a picture and where, score maps, and the values of any layer.

    import numpy as np, overfeat

    picture = np.asarray(PIL.Image.open("cat.jpg").convert("RGB"))  # (rows, columns, 3), uint8
    with overfeat.Recogniser() as recogniser:
        for answer in recogniser.classify(picture):
            print(answer.score, answer.label)
        vector = recogniser.features(picture)

Pictures are arrays of bytes (uint8): (rows, columns, 3) in the order R, G, B (or format="bgr"),
(rows, columns, 4) with a fourth byte that is not looked at, or (rows, columns) for grey. What numpy
makes an array of will do, too. Coordinates are pixels from the upper left corner of the picture; the
middle of the first pixel is (0.5, 0.5). Scores go from 0 to 1.

What fails raises overfeat.Error, with one sentence: what, where, what to do. Calls that compute do
so without the GIL, and Ctrl+C ends them.
"""

from overfeat._core import (
    CancelledError,
    Error,
    InputError,
    ModelError,
    UsageError,
)
from overfeat._core import version as _version
from overfeat._libraries import Imported, export_library, import_library
from overfeat._lists import Device, Model, devices, model_file, models
from overfeat._recogniser import Layer, Recogniser
from overfeat._recognition import Answer, Box, Object, Recognition, Scale

__version__: str = _version()

__all__ = [
    "Answer",
    "Box",
    "CancelledError",
    "Device",
    "Error",
    "Imported",
    "InputError",
    "Layer",
    "Model",
    "ModelError",
    "Object",
    "Recogniser",
    "Recognition",
    "Scale",
    "UsageError",
    "devices",
    "export_library",
    "import_library",
    "model_file",
    "models",
]
