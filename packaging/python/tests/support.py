# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Python package share."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import unittest
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[3]


def missing(test: unittest.TestCase, capability: str, present: bool) -> None:
    """The one way a test may be skipped (tests/support/capability.h)."""
    if present:
        return
    listed = (ROOT / "tests" / "expected_skips.txt").read_text().splitlines()
    if capability not in {re.split(r"[ \t#]", line)[0] for line in listed}:
        test.fail(
            f"'{capability}' is missing and not listed in tests/expected_skips.txt."
        )
    test.skipTest(f"SKIPPED-CAPABILITY {capability}")


def installed(module: str) -> bool:
    """Whether Python finds it."""
    return importlib.util.find_spec(module) is not None


def said_without(test: unittest.TestCase, module: str) -> str:
    """What Python says of overfeat's part for a module that is not there; it must fail."""
    program = f"import sys; sys.modules[{module!r}] = None; import overfeat.{module}"
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    test.assertNotEqual(ended.returncode, 0)
    return ended.stderr


def scene(left: int = 60, top: int = 60, side: int = 96) -> npt.NDArray[np.uint8]:
    """Ground that changes slowly, and on it a square of four colours; (240, 320, 3)."""
    y, x = np.mgrid[0:240, 0:320]
    picture = np.stack([90 + 20 * c + x // 6 + y // 8 for c in range(3)], axis=-1)
    colours = [[240, 20, 20], [20, 220, 20], [250, 250, 250], [10, 10, 10]]
    half = side // 2
    for part, colour in enumerate(colours):
        row, column = top + half * (part // 2), left + half * (part % 2)
        picture[row : row + half, column : column + half] = colour
    return picture.astype(np.uint8)
