# SPDX-License-Identifier: Apache-2.0
"""Class libraries as files: what people taught, with the pictures."""

from __future__ import annotations

import os
from typing import NamedTuple

from overfeat import _core


class Imported(NamedTuple):
    """What an import added to a class library."""

    new_classes: int
    """That the library did not have."""
    merged_classes: int
    """That both had."""
    new_examples: int
    """Of both kinds of classes."""
    known_examples: int
    """Left out: the library has them."""


def export_library(library: str | os.PathLike[str], to: str | os.PathLike[str]) -> None:
    """Writes all classes of a library, with examples and pictures, as one file for somebody else.

    A file of that name is replaced when the new one is whole.
    """
    _core.export_library(os.fspath(library), os.fspath(to))


def import_library(
    library: str | os.PathLike[str],
    source: str | os.PathLike[str],
    *,
    keep_both: bool = False,
) -> Imported:
    """Adds what somebody exported to a library, which is made if it is not there.

    A class that both have gets the examples of both or, with keep_both, becomes two. A file that is
    wrong changes nothing.
    """
    return Imported(
        *_core.import_library(os.fspath(library), os.fspath(source), keep_both)
    )
