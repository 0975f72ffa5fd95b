# SPDX-License-Identifier: Apache-2.0
"""A published classifier, frozen: its last map of features and the weights of its classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .records import RecipeError


def _attributes(node) -> dict:
    from onnx import helper

    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def _cells(graph, output: str) -> tuple[int, float]:
    """Distance and first centre of the cells of a value, in input pixels (pixel 0 has centre 0.5)."""
    jump = {graph.input[0].name: (1, 0.5)}
    for node in graph.node:
        known = [jump[name] for name in node.input if name in jump]
        if not known:
            continue
        step, centre = known[0]
        found = _attributes(node)
        if "kernel_shape" in found:
            stride = found.get("strides", [1])[0]
            dilation = found.get("dilations", [1])[0]
            padding = found.get("pads", [0])[0]
            reach = (found["kernel_shape"][0] - 1) * dilation / 2
            step, centre = step * stride, centre + step * (reach - padding)
        jump[node.output[0]] = (step, centre)
    return jump[output]


@dataclass(frozen=True)
class Seen:
    """One picture: the evidence of every class and the norm of the features, per cell."""

    evidence: np.ndarray  # [class, row, column]
    norm: np.ndarray  # [row, column]


class Trunk:
    """An ONNX classifier that is linear after an average (ONNX Runtime computes it)."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        try:
            import onnx
            import onnxruntime
            from onnx import helper, numpy_helper
        except ImportError as error:
            raise RecipeError(
                "evidence needs the Python packages onnx and onnxruntime; install them with pip"
            ) from error
        model = onnx.load(str(path))  # with the weights beside it
        graph = model.graph
        pool = [n for n in graph.node if n.op_type == "GlobalAveragePool"]
        gemm = [n for n in graph.node if n.op_type == "Gemm"]
        if len(pool) != 1 or len(gemm) != 1:
            raise RecipeError(
                f"{path}: not a classifier with one average before one linear layer; choose another"
            )
        metadata = {p.key: p.value for p in model.metadata_props}
        self.window = int(metadata["overfeat.window"])
        self.mean, self.std = (
            np.array(
                [float(v) for v in metadata[key].replace(",", " ").split()], np.float32
            )
            for key in ("overfeat.mean", "overfeat.std")
        )
        self.classes = [
            line.split("\t")[0] for line in metadata["overfeat.classes"].splitlines()
        ]
        self.stride, self.first_centre = _cells(graph, pool[0].input[0])
        constants = {i.name: i for i in graph.initializer}
        wanted = [pool[0].input[0]] + [
            name for name in gemm[0].input[1:] if name not in constants
        ]
        del graph.output[:]
        graph.output.extend(
            helper.make_empty_tensor_value_info(name) for name in wanted
        )
        # What the features do not need has nothing to compute from once the picture is larger.
        dead = {pool[0].output[0]}
        for node in list(graph.node):
            if node is pool[0] or dead.intersection(node.input):
                dead.update(node.output)
                graph.node.remove(node)
        height, width = graph.input[0].type.tensor_type.shape.dim[2:]
        height.dim_param, width.dim_param = "height", "width"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self._input = graph.input[0].name
        self._features = wanted[0]
        values = {name: numpy_helper.to_array(i) for name, i in constants.items()}
        for name in wanted[1:]:
            values[name] = self._session.run([name], {self._input: self._blank()})[0]
        weight, bias = (values[name] for name in gemm[0].input[1:])
        transposed = _attributes(gemm[0]).get("transB", 0)
        self._weight = weight if transposed else weight.T
        self._bias = bias
        # Padded to a whole number of strides: 240 px are 7.5 and have 8 cells.
        blank = np.zeros((self.window, self.window, 3), np.uint8)
        self.cells = self.features(blank).shape[1]

    def _blank(self) -> np.ndarray:
        return np.zeros((1, 3, self.window, self.window), np.float32)

    def features(self, pixels: np.ndarray) -> np.ndarray:
        """[channel, row, column]; `pixels`: [height, width, 3] bytes, sides a multiple of the stride."""
        planes = ((pixels.astype(np.float32) - self.mean) / self.std).transpose(2, 0, 1)
        return self._session.run([self._features], {self._input: planes[None]})[0][0]

    def evidence(self, features: np.ndarray) -> np.ndarray:
        """Of every class, for each cell; or, of the mean of a window's cells, its logits."""
        bias = self._bias.reshape(-1, *[1] * (features.ndim - 1))
        return np.tensordot(self._weight, features, 1) + bias

    def see(self, pixels: np.ndarray) -> Seen:
        """`pixels` as of `features`."""
        features = self.features(pixels)
        return Seen(self.evidence(features), np.sqrt((features**2).sum(0)))
