# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.unfold`: an exported network as a checkpoint that training can go on from.

Export folds batch normalisation into the convolutions.  Here every convolution gets a normalisation
back whose statistics are those of training windows and whose scale and shift undo it, so the network
gives the same answers as before.  Kernels are scaled to outputs of unit size, because the step a rate
takes on a normalised convolution depends on the size of its kernel.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .batches import Batches, colour_statistics
from .cache import Pictures, open_cache
from .checkpoint import save_checkpoint
from .network import PRESETS, WINDOW, ConvBn, Residual, WindowNet
from .records import RecipeError
from .windows import Strength

BATCHES = 24


def _initializers(path: Path) -> dict[str, Tensor]:
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise RecipeError(
            "unfold needs the Python package onnx; install it with pip"
        ) from error
    try:
        graph = onnx.load(path, load_external_data=False).graph
        return {
            t.name: torch.from_numpy(np.array(numpy_helper.to_array(t)))
            for t in graph.initializer
        }
    except Exception as error:
        raise RecipeError(f"{path}: not a readable ONNX file ({error})") from error


def _named_blocks(net: WindowNet) -> list[tuple[str, ConvBn]]:
    """All normalised convolutions with the names that export gives them."""
    named: list[tuple[str, ConvBn]] = []
    for index, block in enumerate(net.trunk):
        if isinstance(block, ConvBn):
            named.append((f"trunk.{index}", block))
        elif isinstance(block, Residual):
            named.append((f"trunk.{index}.first", block.first))
            named.append((f"trunk.{index}.second", block.second))
    return [*named, ("box.reduce", net.box_reduce)]


@torch.no_grad()
def fill(net: WindowNet, weights: dict[str, Tensor]) -> None:
    """Folded weights into the network, with normalisations that do nothing yet."""

    def take(name: str, like: Tensor) -> Tensor:
        value = weights.get(name)
        if value is None or value.shape != like.shape:
            found = "is missing" if value is None else f"has shape {list(value.shape)}"
            raise RecipeError(
                f"the initializer {name} {found}, {list(like.shape)} is needed; check --widths"
            )
        return value

    for name, block in _named_blocks(net):
        block.conv.weight.copy_(take(f"{name}.weight", block.conv.weight))
        block.norm.bias.copy_(take(f"{name}.bias", block.norm.bias))
        block.norm.weight.fill_(1)
        block.norm.running_mean.zero_()
        block.norm.running_var.fill_(1 - block.norm.eps)
    for name, layer in (
        ("scores", net.classifier),
        ("box.hidden", net.box_hidden),
        ("boxes", net.box_out),
    ):
        layer.weight.copy_(take(f"{name}.weight", layer.weight))
        layer.bias.copy_(take(f"{name}.bias", layer.bias))


@torch.no_grad()
def restore_normalisation(
    net: WindowNet, pictures: Pictures, mean: Tensor, std: Tensor, batches: int
) -> None:
    """Measure every convolution's output and put it into the normalisation behind it."""
    sums: dict[ConvBn, tuple[Tensor, Tensor]] = {}
    hooks = []
    for _, block in _named_blocks(net):

        def seen(
            _module: nn.Module, _inputs: object, out: Tensor, block: ConvBn = block
        ) -> None:
            first, second = sums.get(block, (0, 0))
            wide = out.double()
            sums[block] = (
                first + wide.mean((0, 2, 3)),
                second + wide.square().mean((0, 2, 3)),
            )

        hooks.append(block.conv.register_forward_hook(seen))
    stream = Batches(pictures, 128, 0.125, mean, std, 13, torch.device("cpu"))
    net.eval()
    for _ in range(batches):
        net(stream.draw(WINDOW, Strength(smallest=0.75, exact=0.4)).images)
    for hook in hooks:
        hook.remove()
    for block, (first, second) in sums.items():
        centre = first / batches
        variance = (second / batches - centre.square()).clamp(min=1e-8)
        scale = 1 / variance.mean().sqrt()
        norm = block.norm
        block.conv.weight.mul_(scale.float())
        norm.running_mean.copy_(centre * scale)
        norm.running_var.copy_(variance * scale.square())
        norm.weight.copy_((norm.running_var.double() + norm.eps).sqrt() / scale)
        norm.bias.copy_(norm.bias.double() + centre)


def unfold(model: Path, widths: str, pictures: Pictures, out: Path) -> None:
    """Write the checkpoint, to be named by `--start`."""
    torch.manual_seed(1)
    net = WindowNet(len(pictures.classes) + 1, PRESETS[widths])
    fill(net, _initializers(model))
    mean, std = colour_statistics(pictures)
    restore_normalisation(net, pictures, mean, std, BATCHES)
    out.parent.mkdir(parents=True, exist_ok=True)
    classes = [[c.wnid, c.name] for c in pictures.classes]
    save_checkpoint(
        out,
        {
            "settings": {"widths": widths},
            "classes": [*classes, ["background", "background"]],
            "mean": mean,
            "std": std,
            "average": net.state_dict(),
        },
    )


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="an exported network")
    parser.add_argument("--widths", default="default", choices=sorted(PRESETS))
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder written by prepare"
    )
    parser.add_argument("--out", type=Path, required=True, help="checkpoint to write")
    given = parser.parse_args()
    try:
        unfold(given.model, given.widths, open_cache(given.cache, "train"), given.out)
    except RecipeError as error:
        print(f"unfold: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
