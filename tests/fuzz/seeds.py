#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what the fuzz targets begin with into tests/fuzz/corpus: small and right, one for each form.

    pip install onnx
    tests/fuzz/seeds.py [FOLDER]

What is in the tree is what this made.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Network:
    """A classifier, written down layer by layer; a value has the name of its layer."""

    def __init__(self, opset: int, side: int = 8, channels_last: bool = False) -> None:
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.random = np.random.default_rng(opset)
        shape = ["batch", side, side, 3] if channels_last else ["batch", 3, side, side]
        self.input = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)

    def weight(self, *shape: int, half: bool = False) -> str:
        values = self.random.normal(0, 0.3, shape).astype(np.float16 if half else np.float32)
        return self.constant(values)

    def numbers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def constant(self, values: np.ndarray) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def node(self, kind: str, *inputs: str, outputs: int = 1, **attributes: object) -> str:
        name = f"{kind.lower()}{len(self.nodes)}"
        names = [name, *(f"{name}_{i}" for i in range(1, outputs))]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=name, **attributes))
        return name

    def conv(self, x: str, into: int, out: int, kernel: int, groups: int = 1, **attributes: object) -> str:
        weight = self.weight(out, into // groups, kernel, kernel)
        return self.node("Conv", x, weight, self.weight(out), group=groups, **attributes)

    def norm(self, x: str, channels: int) -> str:
        variance = self.constant(np.full(channels, 0.5, np.float32))
        parts = [self.weight(channels), self.weight(channels), self.weight(channels), variance]
        return self.node("BatchNormalization", x, *parts, epsilon=1e-3)

    def classify(self, x: str, channels: int, classes: int = 3) -> str:
        mean = self.node("Flatten", self.node("GlobalAveragePool", x))
        return self.node("Gemm", mean, self.weight(classes, channels), self.weight(classes), transB=1)

    def bytes(self, *outputs: str, **metadata: str) -> bytes:
        infos = [onnx.ValueInfoProto(name=name) for name in outputs]
        graph = helper.make_graph(self.nodes, "seed", [self.input], infos, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        helper.set_model_props(model, {f"overfeat.{key}": value for key, value in metadata.items()})
        return bytes(model.SerializeToString(deterministic=True))


def plain() -> bytes:
    net = Network(7, side=9)
    x = net.node("Relu", net.conv("x", 3, 4, 3))
    x = net.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = net.node("LeakyRelu", net.conv(x, 4, 4, 2, dilations=[1, 1]), alpha=0.1)
    x = net.node("Dropout", net.node("Flatten", x))
    x = net.node("Gemm", x, net.weight(16, 5), net.weight(5), alpha=0.5)
    features = net.node("Relu", x)
    x = net.node("Gemm", features, net.weight(3, 5), net.weight(3), transB=1)
    boxes = net.node("Gemm", features, net.weight(4, 5), net.weight(4), transB=1)
    scores = net.node("Softmax", x, axis=1)
    classes = "n01440764\ttench\nn01443537\tgoldfish\n\tbackground"
    return net.bytes(
        scores, boxes, features, window="9", mean="120,118,110", std="58 57 57", crop="0.9", classes=classes,
        background="2", scores=scores, boxes=boxes, features=features, card="A seed.",
    )  # fmt: skip


def residual() -> bytes:
    net = Network(11, side=16)
    x = net.conv("x", 3, 4, 3, strides=[2, 2], pads=[1, 1, 1, 1])
    x = net.node("Clip", net.norm(x, 4), net.constant(np.float32(0)), net.constant(np.float32(6)))
    inner = net.norm(net.conv(x, 4, 4, 3, groups=4, auto_pad="SAME_UPPER"), 4)
    x = net.node("Add", net.norm(net.conv(net.node("Relu", inner), 4, 4, 1), 4), x)
    x = net.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1, count_include_pad=1)
    return net.bytes(net.classify(x, 4))


def squeezed() -> bytes:
    net = Network(14, side=12)
    x = net.conv("x", 3, 4, 3, pads=[1, 1, 1, 1])
    x = net.node("Mul", x, net.node("Sigmoid", x))
    gate = net.node("Relu", net.conv(net.node("GlobalAveragePool", x), 4, 2, 1))
    x = net.node("Mul", x, net.node("HardSigmoid", net.conv(gate, 2, 4, 1), alpha=0.2, beta=0.5))
    x = net.node("HardSwish", net.conv(x, 4, 4, 2, strides=[2, 2]))
    x = net.node("Tanh", net.node("ReduceMean", x, axes=[2, 3], keepdims=0))
    return net.bytes(net.node("Gemm", x, net.weight(4, 3), net.weight(3)))


def branched() -> bytes:
    net = Network(13)
    x = net.node("Pad", "x", net.numbers(0, 0, 1, 1, 0, 0, 1, 1), net.constant(np.float32(0)))
    x = net.conv(x, 3, 4, 3)
    a = net.node("Split", x, net.numbers(2, 2), axis=1, outputs=2)
    x = net.node("Concat", net.conv(a, 2, 2, 1), f"{a}_1", net.node("Identity", a), axis=1)
    shape = net.numbers(0, 3, 2, 8, 8)
    x = net.node("Transpose", net.node("Reshape", x, shape), perm=[0, 2, 1, 3, 4])
    x = net.node("Reshape", x, net.numbers(0, -1, 8, 8))
    x = net.node("Slice", x, net.numbers(0), net.numbers(4), net.numbers(1))
    x = net.node("Gather", x, net.numbers(3, 1, 0, 2), axis=1)
    return net.bytes(net.classify(x, 4))


def last_channels() -> bytes:
    net = Network(17, side=8)
    x = net.conv("x", 3, 4, 2, strides=[2, 2])
    block = net.node("Transpose", net.conv(x, 4, 4, 3, groups=4, pads=[1, 1, 1, 1]), perm=[0, 2, 3, 1])
    block = net.node("LayerNormalization", block, net.weight(4), net.weight(4), axis=-1)
    block = net.node("Add", net.node("MatMul", block, net.weight(4, 8)), net.weight(8))
    half = net.node("Mul", block, net.constant(np.float32(0.5)))
    erf = net.node("Erf", net.node("Div", block, net.constant(np.float32(2**0.5))))
    block = net.node("Mul", half, net.node("Add", erf, net.constant(np.float32(1))))
    block = net.node("Mul", net.node("MatMul", block, net.weight(8, 4)), net.weight(4))
    x = net.node("Add", x, net.node("Transpose", block, perm=[0, 3, 1, 2]))
    return net.bytes(net.classify(x, 4))


def keras() -> bytes:
    net = Network(18, channels_last=True)
    x = net.node("Div", net.node("Sub", "x", net.weight(3)), net.constant(np.float32(127.5)))
    x = net.node("Transpose", x, perm=[0, 3, 1, 2])
    x = net.node("Pow", net.conv(x, 3, 4, 3), net.constant(np.float32(2)))
    x = net.node("Floor", net.node("Sqrt", net.node("Relu", x)))
    x = net.node("Squeeze", net.node("ReduceMean", x, net.numbers(2, 3)), net.numbers(2, 3))
    return net.bytes(net.node("Add", net.node("MatMul", x, net.weight(4, 3)), net.weight(3)))


def attentive() -> bytes:
    net = Network(20)
    x = net.conv("x", 3, 4, 4, strides=[4, 4])
    x = net.node("Transpose", net.node("Reshape", x, net.numbers(0, 4, -1)), perm=[0, 2, 1])
    scores = net.node("MatMul", x, net.node("Transpose", x, perm=[0, 2, 1]))
    x = net.node("MatMul", net.node("Softmax", scores, axis=-1), x)
    x = net.node("Gelu", net.node("ReduceMean", x, net.numbers(1), keepdims=0))
    return net.bytes(net.node("Gemm", x, net.weight(4, 3), net.weight(3)))


def sized() -> bytes:
    """Sizes that the file computes, and weights of half precision."""
    net = Network(15)
    half = net.node("Cast", net.weight(4, 3, 3, 3, half=True), to=TensorProto.FLOAT)
    x = net.node("Conv", "x", half)
    x = net.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    batch = net.node("Gather", net.node("Shape", x), net.constant(np.array(0, np.int64)), axis=0)
    size = net.node("Concat", net.node("Unsqueeze", batch, net.numbers(0)), net.numbers(-1), axis=0)
    x = net.node("Reshape", x, size)
    return net.bytes(net.node("Gemm", x, net.weight(36, 3), net.weight(3)))


def wheel(compression: int, first: str) -> bytes:
    """What fuzz/wheel.cpp asks for, behind another member."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in ((first, "another\n"), ("package/weights.pth", "the weights\n")):
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return file.getvalue()


def served() -> dict[str, bytes]:
    info = {"name": "triton", "version": "2.41.0", "extensions": ["binary_tensor_data"]}
    model = {
        "inputs": [{"name": "input", "datatype": "FP32", "shape": [-1, 3, 8, 8]}],
        "outputs": [{"name": "scores", "datatype": "FP32", "shape": [-1, 2]}],
    }
    outputs = [("scores", [1, 2], [0.5, -1]), ("features", [1, 4], [1, 2, 3, 4])]
    tensors = [{"name": n, "datatype": "FP32", "shape": s} for n, s, _ in outputs]
    spelled = {"outputs": [t | {"data": data} for t, (_, _, data) in zip(tensors, outputs, strict=True)]}
    sizes = [{"parameters": {"binary_data_size": 4 * len(data)}} for _, _, data in outputs]
    binary = {"outputs": [t | size for t, size in zip(tensors, sizes, strict=True)]}
    numbers = np.array(sum((data for _, _, data in outputs), []), np.float32).tobytes()

    def asked(what: int, answer: object, rest: bytes = b"") -> bytes:
        return bytes([what]) + json.dumps(answer).encode() + rest

    return {
        "server": asked(0, info),
        "model": asked(1, model),
        "error": asked(2, {"error": "no such model"}),
        "spelled": asked(3, spelled),
        "nested": b'\1{"inputs":' + nested(2000) + b"}",
        "binary": asked(3 + len(numbers), binary, numbers),
    }


def varint(number: int) -> bytes:
    """As protobuf writes them; negative ones are of 64 bits."""
    number &= (1 << 64) - 1
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def field(number: int, content: bytes | str) -> bytes:
    """Of a message: bytes, a text or another message."""
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def served_by_grpc() -> dict[str, bytes]:
    def tensor(name: str, shape: list[int], rest: bytes = b"") -> bytes:
        return field(1, name) + field(2, "FP32") + field(3, b"".join(map(varint, shape))) + rest

    server = field(1, "triton") + field(2, "2.41.0") + field(3, "classification")
    inputs, outputs = tensor("input", [-1, 3, 8, 8]), tensor("scores", [-1, 2])
    model = field(1, "net") + field(2, "1") + field(3, "onnx") + field(4, inputs) + field(5, outputs)
    answers = [("scores", [1, 2], [0.5, -1]), ("features", [1, 4], [1, 2, 3, 4])]
    head = field(1, "net") + field(3, "0")
    raw, spelled, single = head, head, head
    for name, shape, data in answers:
        numbers = np.array(data, "<f4").tobytes()
        raw += field(5, tensor(name, shape))
        # Packed in one field, or each number in one of its own.
        spelled += field(5, tensor(name, shape, field(5, field(6, numbers))))
        each = b"".join(varint(6 << 3 | 5) + numbers[i : i + 4] for i in range(0, len(numbers), 4))
        single += field(5, tensor(name, shape, field(5, each)))
    for _, _, data in answers:
        raw += field(6, np.array(data, "<f4").tobytes())
    return {
        "server": b"\0" + server,
        "model": b"\1" + model,
        "raw": b"\2" + raw,
        "spelled": b"\2" + spelled,
        "single": b"\2" + single,
        "whole": b"\x80\0" + len(server).to_bytes(4, "big") + server,
    }


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def annotated() -> dict[str, bytes]:
    coco = {
        "images": [{"id": 1, "file_name": "one.png", "width": 40, "height": 30}],
        "categories": [{"id": 7, "name": "mug", "supercategory": "things"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "bbox": [1, 2.5, 10, 10], "iscrowd": 0}],
    }
    voc = (
        "<annotation><filename>one.png</filename><size><width>40</width><height>30</height></size>"
        "<object><name>mug</name><difficult>0</difficult><bndbox><xmin>2</xmin><ymin>3</ymin>"
        "<xmax>20</xmax><ymax>25</ymax></bndbox></object></annotation>"
    )
    yolo = "path: .\nval: images/val\nnames:\n  0: mug\n  1: cup\n\0" + "1 0.5 0.5 0.25 0.5\n"
    return {
        "coco": b"\0" + json.dumps(coco).encode(),
        "coco_huge": b"\0" + json.dumps(coco).replace("10, 10]", "1e1730, 10]").encode(),
        "voc": b"\1" + voc.encode(),
        "yolo": b"\2" + yolo.encode(),
    }


def seeds() -> dict[str, dict[str, bytes]]:
    networks = [plain, residual, squeezed, branched, last_channels, keras, attentive, sized]
    models = {each.__name__: each() for each in networks}
    described = {"window": 64, "crop": 0.875, "mean": [0.485, 0.456, 0.406], "std": 1, "background": 0}
    published = {"preprocess": {"mean": [127, 127, 127], "std": 128, "input_size": [3, 224, 224]}}
    return {
        "onnx_model": models,
        "onnx_bytes": {name: models[name] for name in ("plain", "branched", "sized")},
        "sidecar": {
            "own": json.dumps(described | {"labels": ["n01440764 tench", "goldfish"], "scores": "s"}).encode(),
            "listed": b'{"labels_file":"names.tsv"}\0n01440764\ttench\n',
            "nested": b'{"other":' + nested(2000) + b',"input_size":[' + nested(2000) + b"," + nested(2000) + b"]}",
            "published": json.dumps(published | {"classes": "names.tsv (two)"}).encode() + b"\0a\nb\n",
        },
        "labels": {
            "ids": b"n01440764\ttench\nn01443537\tgoldfish\n",
            "numbered": b"0\tn01440764\ttench\r\n1\tn01443537\tgoldfish\r\n",
            "spaced": b"\xef\xbb\xbfn01440764 tench, Tinca tinca\rgoldfish \r\r",
        },
        "wheel": {
            "stored": wheel(zipfile.ZIP_STORED, "package/__init__.py"),
            "deflated": wheel(zipfile.ZIP_DEFLATED, "../outside"),
        },
        "grpc": served_by_grpc(),
        "kserve": served(),
        "annotations": annotated(),
        # Numbers of three bytes each: which way the file is changed, and what with (ImportTrial).
        "library": {name: bytes([0, 0, kind]) + bytes(range(1, 61)) for name, kind in
                    (("bytes", 0), ("rows", 5), ("schema", 7))},
    }  # fmt: skip


def main() -> None:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent / "corpus"
    for target, files in seeds().items():
        (root / target).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (root / target / name).write_bytes(content)


if __name__ == "__main__":
    main()
