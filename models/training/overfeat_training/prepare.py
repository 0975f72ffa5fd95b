# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.prepare`: decode a data set once into a cache folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from .annotated import coco_classes, coco_file, is_voc, read_coco, read_voc, voc_classes
from .cache import write_cache
from .records import Label, RecipeError, Record
from .shards import read_classes, read_shards
from .synthetic import synthetic_classes, synthetic_records


def open_data(data: str, split: str) -> tuple[list[Label], Iterator[Record]]:
    """The classes and records of a split; the kind of data is told by what is in the folder."""
    if data == "synthetic":
        return synthetic_classes(), synthetic_records(split)
    folder = Path(data)
    if (folder / "classes.tsv").is_file():
        return read_classes(folder), read_shards(folder, split)
    coco = coco_file(folder, split)
    if coco is not None:
        return coco_classes(coco), read_coco(folder, coco, split)
    if is_voc(folder):
        return voc_classes(folder), read_voc(folder, split)
    raise RecipeError(
        f"{folder}: no classes.tsv (shards), no {split}.json (COCO) and no Annotations folder (VOC) here; "
        "check --data"
    )


def prepare(data: str, cache: Path, splits: list[str]) -> None:
    """Decode the splits into `cache`."""
    expected: list[Label] | None = None
    for split in splits:
        classes, records = open_data(data, split)
        if expected is not None and classes != expected:
            raise RecipeError(
                f"{data}: the classes of {split} differ from those of {splits[0]}; give both the same list"
            )
        expected = classes
        print(
            f"{split}: {write_cache(cache, split, records, classes)} objects",
            flush=True,
        )


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", required=True, help="data folder, or the word synthetic"
    )
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
