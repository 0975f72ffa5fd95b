# SPDX-License-Identifier: Apache-2.0
"""The trained network as a list of plain operators: batch normalisation folded into the convolutions."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from .network import ConvBn, Residual, WindowNet

Array = npt.NDArray[np.float32]


@dataclass
class Node:
    """One operator; `weights` become initializers named `<output>.weight` and `<output>.bias`."""

    kind: str
    inputs: list[str]
    output: str
    attributes: dict[str, object] = field(default_factory=dict)
    weights: list[Array] = field(default_factory=list)


def folded(block: ConvBn) -> tuple[Array, Array]:
    """Kernel and bias of convolution and normalisation together, computed in double."""
    norm = block.norm
    assert norm.running_mean is not None and norm.running_var is not None
    deviation = torch.sqrt(norm.running_var.double() + norm.eps)
    scale = norm.weight.detach().double() / deviation
    kernel = block.conv.weight.detach().double() * scale[:, None, None, None]
    bias = norm.bias.detach().double() - norm.running_mean.double() * scale
    return kernel.float().contiguous().numpy(), bias.float().numpy()


class _Builder:
    """Collects the operators in order."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def add(
        self,
        kind: str,
        inputs: list[str],
        output: str,
        attributes: dict[str, object] | None = None,
        weights: list[Array] | None = None,
    ) -> str:
        self.nodes.append(Node(kind, inputs, output, attributes or {}, weights or []))
        return output

    def conv(self, block: ConvBn, value: str, name: str) -> str:
        kernel, bias = folded(block)
        side = int(kernel.shape[-1])
        attributes: dict[str, object] = {
            "kernel_shape": [side, side],
            "strides": list(block.conv.stride),
            "pads": [side // 2] * 4,
            "dilations": [1, 1],
            "group": 1,
        }
        value = self.add("Conv", [value], name, attributes, [kernel, bias])
        return self.add("Relu", [value], f"{name}.relu") if block.relu else value

    def linear(self, layer: nn.Linear, value: str, name: str) -> str:
        weights = [layer.weight.detach().numpy(), layer.bias.detach().numpy()]
        return self.add("Gemm", [value], name, {"transB": 1}, weights)


def plain_graph(net: WindowNet) -> list[Node]:
    """All operators from `input` to `scores`, `boxes` and `features`."""
    build = _Builder()
    value = "input"
    for index, block in enumerate(net.trunk):
        name = f"trunk.{index}"
        if isinstance(block, ConvBn):
            value = build.conv(block, value, name)
        elif isinstance(block, Residual):
            inner = build.conv(
                block.second,
                build.conv(block.first, value, f"{name}.first"),
                f"{name}.second",
            )
            value = build.add(
                "Relu",
                [build.add("Add", [inner, value], f"{name}.sum")],
                f"{name}.relu",
            )
        else:
            value = build.add(
                "MaxPool", [value], name, {"kernel_shape": [2, 2], "strides": [2, 2]}
            )
    pooled = build.add("GlobalAveragePool", [value], "pooled")
    features = build.add("Flatten", [pooled], "features", {"axis": 1})
    build.linear(net.classifier, features, "scores")
    box = build.add(
        "Flatten",
        [build.conv(net.box_reduce, value, "box.reduce")],
        "box.flat",
        {"axis": 1},
    )
    box = build.add(
        "Relu", [build.linear(net.box_hidden, box, "box.hidden")], "box.hidden.relu"
    )
    build.linear(net.box_out, box, "boxes")
    return build.nodes
