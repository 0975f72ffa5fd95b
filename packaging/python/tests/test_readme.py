# SPDX-License-Identifier: Apache-2.0
"""The example of the README, as it stands there."""

from __future__ import annotations

import doctest
import unittest
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


class Readme(unittest.TestCase):
    """What it shows is so."""

    def test_example(self) -> None:
        text = README.read_text().replace("```", "")
        example = doctest.DocTestParser().get_doctest(
            text, {}, "README.md", str(README), 0
        )
        self.assertGreater(len(example.examples), 15)
        said: list[str] = []
        result = doctest.DocTestRunner(verbose=False).run(example, out=said.append)
        self.assertEqual(result.failed, 0, "".join(said))


if __name__ == "__main__":
    unittest.main()
