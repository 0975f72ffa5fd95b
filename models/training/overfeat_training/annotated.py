# SPDX-License-Identifier: Apache-2.0
"""Readers for a folder of pictures with COCO or Pascal VOC boxes.

COCO: `<split>.json` (or `instances_<split>.json`), pictures in `<split>/`, `images/` or the folder itself.
VOC: `ImageSets/Main/<split>.txt`, `Annotations/<name>.xml`, `JPEGImages/<file>`; without a split list, one
annotation in ten is `val` and the rest is `train`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from .records import Label, RecipeError, Record, require


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecipeError(
            f"{path}: the picture cannot be read ({error.strerror}); remove its annotation or restore it"
        ) from error


def coco_file(folder: Path, split: str) -> Path | None:
    """The COCO annotation file of a split, if there is one."""
    for name in (
        f"{split}.json",
        f"instances_{split}.json",
        f"annotations/{split}.json",
        f"annotations/instances_{split}.json",
    ):
        if (folder / name).is_file():
            return folder / name
    return None


def _coco(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {key: content[key] for key in ("images", "annotations", "categories")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecipeError(
            f"{path}: not a COCO annotation file ({error!r}); check it"
        ) from error


def coco_classes(path: Path) -> list[Label]:
    """The categories in the order of their id."""
    ordered = sorted(_coco(path)["categories"], key=lambda c: int(c["id"]))
    return [Label(f"coco-{c['id']}", str(c["name"])) for c in ordered]


def read_coco(folder: Path, path: Path, split: str) -> Iterator[Record]:
    """Every annotation that is not a crowd becomes a record."""
    content = _coco(path)
    index = {c.wnid: i for i, c in enumerate(coco_classes(path))}
    files = {image["id"]: str(image["file_name"]) for image in content["images"]}
    for number, note in enumerate(content["annotations"]):
        if note.get("iscrowd"):
            continue
        try:
            name = files[note["image_id"]]
            label = index[f"coco-{note['category_id']}"]
            x, y, w, h = (float(v) for v in note["bbox"])
        except (KeyError, ValueError, TypeError) as error:
            raise RecipeError(
                f"{path}: annotation {number} has no usable image, category or bbox ({error!r}); correct it"
            ) from error
        places = [folder / split / name, folder / "images" / name, folder / name]
        picture = next((p for p in places if p.is_file()), places[0])
        yield Record(str(picture), partial(_read, picture), label, (x, y, x + w, y + h))


def is_voc(folder: Path) -> bool:
    """Whether the folder is laid out like Pascal VOC."""
    return (folder / "Annotations").is_dir()


def _voc_notes(folder: Path, split: str | None) -> list[Path]:
    listed = folder / "ImageSets" / "Main" / f"{split}.txt"
    if split and listed.is_file():
        names = [
            line.split()[0]
            for line in listed.read_text(encoding="utf-8").splitlines()
            if line.strip()
        ]
        return [
            require(
                folder / "Annotations" / f"{n}.xml",
                "the annotation of a listed picture",
            )
            for n in names
        ]
    everything = sorted((folder / "Annotations").glob("*.xml"))
    if split is None:
        return everything
    return [p for i, p in enumerate(everything) if (i % 10 == 9) == (split == "val")]


def _voc(path: Path) -> tuple[str, list[tuple[str, tuple[float, float, float, float]]]]:
    try:
        root = ElementTree.parse(path).getroot()
        objects = []
        for item in root.iter("object"):
            corner = [
                float(item.findtext(f"bndbox/{k}", ""))
                for k in ("xmin", "ymin", "xmax", "ymax")
            ]
            # VOC pixels count from 1 and include the last one.
            box = (corner[0] - 1, corner[1] - 1, corner[2], corner[3])
            objects.append((item.findtext("name", "object"), box))
        return root.findtext("filename") or f"{path.stem}.jpg", objects
    except (OSError, ElementTree.ParseError, ValueError) as error:
        raise RecipeError(
            f"{path}: not a usable VOC annotation ({error}); correct it"
        ) from error


def voc_classes(folder: Path) -> list[Label]:
    """All object names, sorted."""
    names = {name for path in _voc_notes(folder, None) for name, _ in _voc(path)[1]}
    return [Label(f"voc-{name}", name) for name in sorted(names)]


def read_voc(folder: Path, split: str) -> Iterator[Record]:
    """Every object becomes a record."""
    index = {label.name: i for i, label in enumerate(voc_classes(folder))}
    for path in _voc_notes(folder, split):
        file, objects = _voc(path)
        picture = folder / "JPEGImages" / file
        if not picture.is_file():
            picture = folder / file
        for name, box in objects:
            yield Record(str(picture), partial(_read, picture), index[name], box)
