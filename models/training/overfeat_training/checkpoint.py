# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: written whole or not at all, and holding everything a run needs to go on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from .network import PRESETS, WindowNet
from .records import RecipeError


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write beside the file, then rename: a full disk or a kill leaves the old checkpoint whole."""
    part = path.with_suffix(".part")
    try:
        torch.save(state, part)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(part, path)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        raise RecipeError(
            f"{path}: the checkpoint cannot be written ({error}); free some space, then run the same "
            "command again: it continues from the last good checkpoint"
        ) from error


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint (tensors and plain values only)."""
    try:
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:
        raise RecipeError(
            f"{path}: not a readable checkpoint ({error}); delete it to start afresh"
        ) from error


def load_averaged(path: Path) -> tuple[WindowNet, dict[str, Any]]:
    """The averaged network of a checkpoint, ready to be evaluated, and the checkpoint itself."""
    state = load_checkpoint(path)
    net = WindowNet(len(state["classes"]), PRESETS[state["settings"]["widths"]])
    net.load_state_dict(state["average"])
    return net.eval(), state
