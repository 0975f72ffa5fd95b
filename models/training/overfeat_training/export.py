# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.export`: a checkpoint as one ONNX file with the engine's metadata."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .batches import Batches
from .cache import Pictures, open_cache
from .checkpoint import load_averaged
from .fold import Node, plain_graph
from .network import WINDOW, WindowNet
from .records import RecipeError
from .windows import Strength

OPSET = 13
FEATURE_MEAN = "overfeat.feature_mean"


@torch.no_grad()
def feature_mean(
    net: WindowNet, pictures: Pictures, mean: Tensor, std: Tensor
) -> np.ndarray:
    """Mean feature of the base set: 6,400 mildly varied training windows with objects."""
    batches = Batches(pictures, 128, 0.0, mean, std, 7, torch.device("cpu"))
    total = torch.zeros(net.widths.late, dtype=torch.float64)
    rounds = 50
    for _ in range(rounds):
        images = batches.draw(
            WINDOW, Strength(smallest=0.75, colour=0.5, blur=0.0)
        ).images
        total += net(images)[2].double().mean(0)
    return (total / rounds).float().numpy()


def write_onnx(
    path: Path,
    nodes: list[Node],
    net: WindowNet,
    metadata: dict[str, str],
    mean: np.ndarray,
) -> None:
    """Write the file beside its place, check it, then rename."""
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError as error:
        raise RecipeError(
            "export needs the Python package onnx; install it with pip"
        ) from error
    initializers = [numpy_helper.from_array(mean, FEATURE_MEAN)]
    made = []
    for node in nodes:
        names = [f"{node.output}.{part}" for part in ("weight", "bias")][
            : len(node.weights)
        ]
        for name, value in zip(names, node.weights, strict=True):
            initializers.append(
                numpy_helper.from_array(np.ascontiguousarray(value), name)
            )
        made.append(
            helper.make_node(
                node.kind,
                node.inputs + names,
                [node.output],
                name=node.output,
                **node.attributes,
            )
        )
    outputs = {"scores": net.classes, "boxes": 4, "features": net.widths.late}
    graph = helper.make_graph(
        made,
        "overfeat-window",
        [
            helper.make_tensor_value_info(
                "input", TensorProto.FLOAT, ["N", 3, WINDOW, WINDOW]
            )
        ],
        [
            helper.make_tensor_value_info(n, TensorProto.FLOAT, ["N", c])
            for n, c in outputs.items()
        ],
        initializers,
    )
    model = helper.make_model(
        graph,
        producer_name="overfeat_training",
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    model.ir_version = 7
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model, full_check=True)
    part = path.with_suffix(".part")
    try:
        part.write_bytes(model.SerializeToString())
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise RecipeError(
            f"{path}: cannot be written ({error.strerror}); free some space"
        ) from error


def _numbers(values: Tensor) -> str:
    return ",".join(f"{v:.6g}" for v in values.tolist())


def export(checkpoint: Path, cache: Path, path: Path, card: str) -> None:
    """Fold, describe and write one checkpoint."""
    net, state = load_averaged(checkpoint)
    mean, std = state["mean"], state["std"]
    classes = state["classes"]
    metadata = {
        "overfeat.window": str(WINDOW),
        "overfeat.mean": _numbers(mean),
        "overfeat.std": _numbers(std),
        "overfeat.classes": "\n".join(f"{wnid}\t{name}" for wnid, name in classes),
        "overfeat.background": str(len(classes) - 1),
        "overfeat.scores": "scores",
        "overfeat.boxes": "boxes",
        "overfeat.features": "features",
        "overfeat.feature_mean": FEATURE_MEAN,
        "overfeat.card": card,
    }
    base = feature_mean(net, open_cache(cache, "train"), mean, std)
    write_onnx(path, plain_graph(net), net, metadata, base)


@torch.no_grad()
def write_fixture(checkpoint: Path, cache: Path, folder: Path) -> None:
    """Four normalised validation windows and PyTorch's answers, as little-endian float32 .npy files."""
    net, state = load_averaged(checkpoint)
    pictures = open_cache(cache, "val")
    pixels = torch.from_numpy(
        np.array(
            pictures.pixels[np.linspace(0, len(pictures.labels) - 1, 4).astype(int)]
        )
    )
    mean, std = (state[k].view(1, 3, 1, 1) for k in ("mean", "std"))
    images = ((pixels.permute(0, 3, 1, 2).float() - mean) / std).contiguous()
    scores, boxes, features = net.double()(images.double())
    folder.mkdir(parents=True, exist_ok=True)
    named = {"input": images, "scores": scores, "boxes": boxes, "features": features}
    for name, value in named.items():
        np.save(folder / f"parity_{name}.npy", value.numpy().astype("<f4"))


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder written by prepare"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="the ONNX file to write"
    )
    parser.add_argument("--card", type=Path, help="text file stored as the model card")
    parser.add_argument(
        "--fixture", type=Path, help="also write parity files into this folder"
    )
    options = parser.parse_args()
    try:
        card = options.card.read_text(encoding="utf-8") if options.card else "no card"
        export(options.checkpoint, options.cache, options.out, card)
        if options.fixture:
            write_fixture(options.checkpoint, options.cache, options.fixture)
    except (RecipeError, OSError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 3
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
