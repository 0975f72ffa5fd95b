#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long one window takes here and in other runtimes, in turns within one run.

    pip install torch torchvision timm onnx onnxruntime openvino ncnn pnnx opencv-python-headless
    cmake --build --preset release --target overfeat-network-timer
    tests/networks/compare_runtimes.py --program build/release/tests/networks/overfeat-network-timer [NETWORK ...]

Prints the table of speeds of engine/net/README.md for the networks of compare_networks.py (same weights, same
files; ncnn gets what pnnx makes of the PyTorch network, with weights of float32). Everybody computes on the same
number of threads; what is said is processor time, which other work on the machine changes less than the clock on
the wall, as the median over the rounds. A runtime whose scores are further than 1e-3 of the largest from ONNX
Runtime's has no time but "differs". The last column is how much faster this engine is than the best other one.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from compare_networks import NETWORKS, export, network, picture

Run = Callable[[], np.ndarray]
COLUMNS = ["here", "ONNX Runtime", "OpenVINO", "ncnn", "OpenCV"]


class Here:
    """The engine's own program, which says itself how long it took."""

    def __init__(self, program: Path, model: Path, image: Path, threads: int, backend: str) -> None:
        command = [str(program), str(model), str(image), str(threads), backend]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        self.scores = np.array(answer["scores"], np.float32)

    def ms(self) -> float:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


class There:
    """Another runtime, in this process."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.scores = np.array(run(), np.float32).ravel()

    def ms(self) -> float:
        before = time.process_time()
        self.run()
        return (time.process_time() - before) * 1e3

    def close(self) -> None:
        pass


def onnx_runtime(model: Path, image: np.ndarray, threads: int) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"image": image})[0]


def openvino(model: Path, image: np.ndarray, threads: int) -> Run:
    import openvino

    core = openvino.Core()
    network = core.read_model(str(model))
    network.reshape(list(image.shape))
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    request = core.compile_model(network, "CPU", settings).create_infer_request()
    return lambda: next(iter(request.infer([image]).values()))


def ncnn(model: Path, image: np.ndarray, threads: int) -> Run:
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = threads
    net.load_param(str(model.with_suffix(".ncnn.param")))
    net.load_model(str(model.with_suffix(".ncnn.bin")))
    data = ncnn.Mat(image[0])

    def run() -> np.ndarray:
        extractor = net.create_extractor()
        extractor.input("in0", data)
        state, out = extractor.extract("out0")
        if state != 0:
            raise RuntimeError(f"ncnn answers {state}")
        return np.array(out)

    return run


def opencv(model: Path, image: np.ndarray, threads: int) -> Run:
    import cv2

    cv2.setNumThreads(threads)
    net = cv2.dnn.readNetFromONNX(str(model))

    def run() -> np.ndarray:
        net.setInput(image)
        return net.forward()

    return run


RUNTIMES: dict[str, Callable[[Path, np.ndarray, int], Run]] = {
    "ONNX Runtime": onnx_runtime,
    "OpenVINO": openvino,
    "ncnn": ncnn,
    "OpenCV": opencv,
}


def write(name: str, folder: Path) -> Path:
    """The network as everybody reads it; a second call finds it."""
    library, opset, side = NETWORKS[name]
    model, image = folder / f"{name}.onnx", torch.from_numpy(picture(side, side))
    if not model.exists() or not model.with_suffix(".ncnn.param").exists():
        made = network(name, library, image)
        if not model.exists():
            export(made, side, opset, model)
        script = model.with_suffix(".pt")
        torch.jit.trace(made, image, check_trace=False).save(str(script))
        # It writes its files where it is called.
        asked = [Path(sys.prefix) / "bin" / "pnnx", script, f"inputshape=[1,3,{side},{side}]", "fp16=0"]
        subprocess.run(asked, cwd=folder, check=False, capture_output=True)
        script.unlink()
    return model


def line(reason: object) -> str:
    return (str(reason).strip().splitlines() or ["?"])[0][:90]


def compared(name: str, folder: Path, options: argparse.Namespace) -> str:
    side = NETWORKS[name][2]
    model = write(name, folder)
    image = picture(side, side)
    raw = folder / f"{side}.f32"
    raw.write_bytes(image.tobytes())
    sides: dict[str, Here | There] = {}
    cells = dict.fromkeys(COLUMNS, "-")
    for column in COLUMNS:
        try:
            if column == "here":
                sides[column] = Here(options.program, model, raw, options.threads, options.backend)
            else:
                sides[column] = There(RUNTIMES[column](model, image, options.threads))
        except Exception as error:  # noqa: BLE001  (what one cannot do is what is asked here)
            cells[column] = "no"
            print(f"  {name}: {column}: {line(error)}", file=sys.stderr)
    if reference := sides.get("ONNX Runtime"):
        for column in list(sides):
            difference = np.abs(sides[column].scores - reference.scores).max() / np.abs(reference.scores).max()
            if not difference <= 1e-3:
                print(f"  {name}: {column}: differs by {difference:.1e}", file=sys.stderr)
                cells[column] = "differs"
                sides.pop(column).close()
    spent: dict[str, list[float]] = {column: [] for column in sides}
    order = list(sides)
    for turn in range(options.rounds):
        # Nobody always comes after the same one.
        for column in order[turn % len(order) :] + order[: turn % len(order)]:
            sides[column].ms()  # its weights come into the cache again
            spent[column] += [sides[column].ms() for _ in range(options.runs)]
    for one in sides.values():
        one.close()
    medians = {column: statistics.median(all_of_it) for column, all_of_it in spent.items()}
    cells |= {column: f"{ms:.1f}" for column, ms in medians.items()}
    others = [ms for column, ms in medians.items() if column != "here"]
    best = f"{min(others) / medians['here']:.2f}" if others and "here" in medians else "-"
    return f"| {name} | {' | '.join(cells[column] for column in COLUMNS)} | {best} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True, help="overfeat-network-timer")
    parser.add_argument("--folder", type=Path, help="keep the exported networks here")
    parser.add_argument("--backend", default="onednn")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--runs", type=int, default=3, help="in each round")
    parser.add_argument("networks", nargs="*", help="all if left out")
    options = parser.parse_args()
    print(f"| network | {' | '.join(COLUMNS)} | faster |")
    print("|---" * (len(COLUMNS) + 2) + "|")
    with tempfile.TemporaryDirectory() as temporary:
        for name in options.networks or NETWORKS:
            print(compared(name, options.folder or Path(temporary), options), flush=True)
    print(f"{options.threads} threads, load {os.getloadavg()[0]:.1f} at the end", file=sys.stderr)


if __name__ == "__main__":
    main()
