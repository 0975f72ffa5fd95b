# SPDX-License-Identifier: Apache-2.0
"""Reader for `.tar.xz` shards with a `.tsv` beside each and one `classes.tsv`.

`classes.tsv`: `index wnid name [synonyms]`; `<shard>.tsv`: `file class x1 y1 x2 y2`, inclusive pixels,
tab-separated, with or without a heading line.
"""

from __future__ import annotations

import lzma
import tarfile
from collections.abc import Iterator
from pathlib import Path

from .records import Label, RecipeError, Record, require


def _rows(path: Path, fields: int) -> Iterator[list[str]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            parts = line.rstrip("\n").split("\t")
            if number == 1 and parts[0] in ("index", "file"):
                continue
            if len(parts) < fields:
                raise RecipeError(
                    f"{path}:{number}: {fields} tab-separated fields expected, "
                    f"{len(parts)} found; correct the line"
                )
            yield parts


def read_classes(folder: Path) -> list[Label]:
    """The classes in the order of their index."""
    path = require(folder / "classes.tsv", "the class list")
    return [Label(row[1], row[2].split(",")[0]) for row in _rows(path, 3)]


def shard_names(folder: Path, split: str) -> list[str]:
    """`train` means train-0, train-1, ...; any other split is one shard of that name."""
    require(folder, "the data folder")
    numbered = sorted(p.stem for p in folder.glob(f"{split}-*.tsv"))
    for index, name in enumerate(numbered):
        if name != f"{split}-{index}":
            raise RecipeError(
                f"{folder / f'{split}-{index}.tsv'}: the shard is missing although {name} is there; "
                "copy the whole data set"
            )
    return numbered or [split]


def read_shards(folder: Path, split: str) -> Iterator[Record]:
    """All records of a split, in the order of the annotation files."""
    labels = {label.wnid: i for i, label in enumerate(read_classes(folder))}
    for name in shard_names(folder, split):
        table = require(folder / f"{name}.tsv", "the annotation file of the shard")
        archive = require(folder / f"{name}.tar.xz", "the shard")
        rows = {row[0]: row for row in _rows(table, 6)}
        try:
            with tarfile.open(archive, "r|xz") as tar:
                for member in tar:
                    row = rows.pop(member.name.removeprefix("./"), None)
                    if row is None or not member.isfile():
                        continue
                    stream = tar.extractfile(member)
                    data = stream.read() if stream else b""
                    yield _record(table, row, labels, data)
        except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
            raise RecipeError(
                f"{archive}: the shard is damaged ({error}); copy it again"
            ) from error
        if rows:
            raise RecipeError(
                f"{archive}: {len(rows)} annotated pictures are missing, the first is {next(iter(rows))}; "
                "copy the shard again"
            )


def _record(table: Path, row: list[str], labels: dict[str, int], data: bytes) -> Record:
    where = f"{table.with_suffix('').name}/{row[0]}"
    try:
        label = labels[row[1]] if row[1] in labels else int(row[1])
        x1, y1, x2, y2 = (float(v) for v in row[2:6])
    except ValueError as error:
        raise RecipeError(
            f"{table}: the line of {row[0]} has an unreadable class or box ({error}); correct it"
        ) from error
    if not 0 <= label < len(labels):
        raise RecipeError(
            f"{table}: {row[0]} has class {label}, but there are only {len(labels)} classes; correct it"
        )
    return Record(where, lambda: data, label, (x1, y1, x2 + 1.0, y2 + 1.0))
