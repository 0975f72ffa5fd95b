# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.prepare`: decode a data set once into a cache folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .cache import write_cache
from .records import RecipeError
from .shards import read_classes, read_shards


def prepare(data: Path, cache: Path, splits: list[str]) -> None:
    """Read `data` (shards, COCO or VOC, told apart by what is in the folder) into `cache`."""
    for split in splits:
        count = write_cache(
            cache, split, read_shards(data, split), read_classes(data)
        )
        print(f"{split}: {count} pictures")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument("--cache", type=Path, required=True, help="folder to write")
    parser.add_argument("--splits", default="train,val", help="comma-separated")
    options = parser.parse_args()
    try:
        prepare(options.data, options.cache, options.splits.split(","))
    except RecipeError as error:
        print(f"prepare: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
