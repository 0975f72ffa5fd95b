# SPDX-License-Identifier: Apache-2.0
"""Which devices and models there are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from overfeat import _core

_OWN_MODELS = Path(__file__).resolve().parent / "models"


class Device(NamedTuple):
    """What can compute networks."""

    name: str
    """For Recogniser(device=...)."""
    available: bool
    """Whether it can be used."""
    sentence: str
    """What it is, or why it cannot be used and what to do."""


class Model(NamedTuple):
    """A model file."""

    name: str
    """For Recogniser(model=...)."""
    file: str
    """Where it lies."""
    usable: bool
    """Whether it can be used; if not, what follows the sentence is 0."""
    sentence: str
    """Why it cannot be used; "" if it can."""
    window: int
    """Pixels: side of what the network was trained on."""
    class_count: int
    """With the background."""


def devices() -> list[Device]:
    """What can compute networks here, best first."""
    return [Device(*one) for one in _core.devices()]


def _user_models() -> Path | None:
    """Where `overfeat models fetch` puts models."""
    chosen = os.environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(chosen):
        return Path(chosen) / "overfeat-live" / "models"
    home = os.environ.get("HOME", "")
    if os.path.isabs(home):
        return Path(home) / ".local" / "share" / "overfeat-live" / "models"
    return None


def _folders() -> list[Path]:
    user = _user_models()
    candidates = [_OWN_MODELS] if user is None else [user, _OWN_MODELS]
    return [folder for folder in candidates if folder.is_dir()]


def models(folder: str | os.PathLike[str] | None = None) -> list[Model]:
    """The models in a folder; without one, those that Recogniser() knows by name.

    Those are the ones that were fetched (`python -m overfeat models fetch NAME`) and the ones that
    came with this package. Every file is read, so that what is said of it is so.
    """
    folders = _folders() if folder is None else [Path(folder)]
    return [Model(*one) for each in folders for one in _core.models(str(each))]


def model_file(name: str | os.PathLike[str]) -> str:
    """The file that a model's name means, or the path itself if it is one.

    "default" is always the model of this package.
    """
    text = os.fspath(name)
    if text == "default":
        return str(_OWN_MODELS / "default.onnx")
    if text and "/" not in text and not text.endswith(".onnx"):
        for folder in _folders():
            file = folder / f"{text}.onnx"
            if file.is_file():
                return str(file)
        known = sorted(
            {file.stem for folder in _folders() for file in folder.glob("*.onnx")}
        )
        raise _core.UsageError(
            f"There is no model '{text}'; there are {', '.join(known)}. A file is named with its "
            f"'.onnx', and 'python -m overfeat models fetch NAME' brings others."
        )
    return text
