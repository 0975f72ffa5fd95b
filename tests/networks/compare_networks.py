#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exports classifiers of torchvision and timm with random weights and compares this engine with ONNX Runtime.

    pip install torch torchvision timm onnx onnxruntime
    cmake --build --preset test --target overfeat-network-report
    tests/networks/compare_networks.py --program build/test/tests/networks/overfeat-network-report [NETWORK ...]

Prints the table of engine/net/README.md: whether each network loads, how far its logits are from ONNX
Runtime's (largest difference, as a part of the largest logit), whether it slides, and how well the cells
of the dense map agree with the network run on their windows (correlation of the scores over the cells,
share of cells with the same best class). Random weights are drawn so that the input still matters at the
end: batch norms get statistics of a picture. Exits with 1 if a network does not load or its logits differ
by more than 1e-4.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

warnings.filterwarnings("ignore")

# Where from, opset and window. The opsets go round, so that all from 9 to 18 are met.
NETWORKS: dict[str, tuple[str, int, int]] = {
    "alexnet": ("torchvision", 9, 224),
    "resnet18": ("torchvision", 11, 224),
    "resnext50_32x4d": ("torchvision", 12, 224),
    "regnet_x_400mf": ("torchvision", 13, 224),
    "regnet_y_400mf": ("torchvision", 14, 224),
    "googlenet": ("torchvision", 15, 224),
    "inception_v3": ("torchvision", 16, 299),
    "squeezenet1_1": ("torchvision", 17, 224),
    "mobilenet_v2": ("torchvision", 18, 224),
    "mobilenet_v3_small": ("torchvision", 13, 224),
    "mobilenet_v3_large": ("torchvision", 17, 224),
    "mnasnet1_0": ("torchvision", 12, 224),
    "efficientnet_b0": ("torchvision", 11, 224),
    "efficientnet_v2_s": ("torchvision", 17, 224),
    "densenet121": ("torchvision", 9, 224),
    "shufflenet_v2_x1_0": ("torchvision", 13, 224),
    "convnext_tiny": ("torchvision", 13, 224),
    "efficientnet_lite0": ("timm", 14, 224),
    "mobilenetv3_small_100": ("timm", 10, 224),
    "tf_efficientnet_b0": ("timm", 15, 224),
    "seresnet50": ("timm", 16, 224),
    "regnety_002": ("timm", 18, 224),
    "ghostnet_100": ("timm", 12, 224),
    "repvgg_a0": ("timm", 17, 224),
    "convnext_atto": ("timm", 17, 224),
    "dla34": ("timm", 13, 224),
    "hrnet_w18_small": ("timm", 13, 224),
    "lcnet_050": ("timm", 13, 224),
    "xception41": ("timm", 13, 299),
    "cspdarknet53": ("timm", 13, 256),
    "mobilenetv4_conv_small": ("timm", 17, 224),
    "vit_tiny_patch16_224": ("timm", 17, 224),
}

# What these need and the engine does not have.
MISSING = {"hrnet_w18_small": "Resize"}


def network(name: str, library: str, picture: torch.Tensor) -> torch.nn.Module:
    torch.manual_seed(1)
    if library == "timm":
        import timm

        model = timm.create_model(name, pretrained=False)
    else:
        import torchvision

        extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        model = getattr(torchvision.models, name)(weights=None, **extra)
    # Otherwise values shrink or grow from layer to layer until nothing of the picture is left.
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                module.momentum = 1.0
                module.weight.uniform_(0.6, 1.4)
                module.bias.normal_(0, 0.2)
        for module_name, parameter in model.named_parameters():
            # Layer scales begin near 0, where a block does nothing.
            if module_name.endswith(("gamma", "layer_scale")):
                parameter.uniform_(0.2, 0.6)
        model.train()
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.eval()
        model(torch.cat([picture, picture.flip(3)]))
        model.eval()
    return model


def export(model: torch.nn.Module, side: int, opset: int | None, path: Path) -> None:
    """With PyTorch's exporter of the opset, or without one with today's, which chooses it itself."""
    if opset is None:
        names = {"input_names": ["image"], "output_names": ["scores"], "verbose": False}
        torch.onnx.export(
            model, (torch.zeros(1, 3, side, side),), str(path), dynamo=True, external_data=False, **names
        )
        return
    torch.onnx.export(
        model,
        torch.zeros(1, 3, side, side),
        str(path),
        opset_version=opset,
        input_names=["image"],
        output_names=["scores"],
        dynamic_axes={"image": {0: "batch"}, "scores": {0: "batch"}},
        dynamo=False,
    )


def halved(path: Path, half: bool) -> onnx.ModelProto:
    """The network with its weights rounded to half precision, and kept in it or not."""
    model = onnx.load(str(path))
    constants = [node.attribute for node in model.graph.node if node.op_type == "Constant"]
    tensors = list(model.graph.initializer) + [a.t for each in constants for a in each if a.name == "value"]
    for tensor in tensors:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            rounded = onnx.numpy_helper.to_array(tensor).astype(np.float16)
            kept = rounded if half else rounded.astype(np.float32)
            tensor.CopyFrom(onnx.numpy_helper.from_array(kept, tensor.name))
    for value in [*model.graph.input, *model.graph.output] if half else []:
        value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    return model


def picture(height: int, width: int) -> np.ndarray:
    """Patches of many sizes and colours, normalised roughly like a photograph."""
    rng = np.random.default_rng(3)
    image = np.zeros((1, 3, height, width), np.float32)
    for _ in range(250):
        size = int(rng.integers(6, 150))
        top, left = int(rng.integers(-20, height)), int(rng.integers(-20, width))
        patch = image[:, :, max(top, 0) : top + size, max(left, 0) : left + size]
        patch += rng.normal(0, 0.8, (1, 3, 1, 1)).astype(np.float32)
    image += rng.normal(0, 0.2, image.shape).astype(np.float32)
    return image / image.std()


def asked(program: Path, model: Path, rows: int, columns: int, backend: str, data: bytes) -> dict:
    run = subprocess.run(
        [program, model, str(rows), str(columns), backend], input=data, capture_output=True, check=False
    )
    return dict(json.loads(run.stdout))


def compared(
    name: str, program: Path, folder: Path, cells: int, backend: str, today: bool, half: bool
) -> tuple[str, bool]:
    library, opset, side = NETWORKS[name]
    path = folder / f"{name}.onnx"
    if not path.exists():
        model = network(name, library, torch.from_numpy(picture(side, side)))
        export(model, side, None if today else opset, path)
    reference = path.read_bytes()
    if half:
        reference = halved(path, half=False).SerializeToString()
        onnx.save(halved(path, half=True), str(folder / f"{name}.half.onnx"))
        path = folder / f"{name}.half.onnx"
    title = f"{library} {name} ({'today' if today else opset})"
    facts = asked(program, path, 0, 0, backend, b"")
    if "error" in facts:
        reason = str(facts["error"]).split(" cannot be used: ")[-1]
        return f"| {title} | no: {reason} | | | |", reason.endswith(f": {MISSING.get(name)}.")
    stride = facts["stride"]
    large = picture(side + (cells - 1) * stride, side + (cells - 1) * stride) if stride else picture(side, side)
    seen = asked(program, path, cells, cells, backend, large.tobytes())
    session = onnxruntime.InferenceSession(reference, providers=["CPUExecutionProvider"])
    window = np.ascontiguousarray(large[:, :, :side, :side])
    expected = session.run(None, {"image": window})[0].ravel()
    difference = float(np.abs(expected - np.array(seen["logits"])).max() / np.abs(expected).max())
    verdict = ["exact", "approximate", "classification only"][seen["fidelity"]]
    if stride:
        verdict += f", {stride} px, {seen['fine_steps']} finer"
    dense = seen.get("dense")
    agreement = f"{dense['correlation']:.3f}, {100 * dense['top1']:.0f} %" if dense else "-"
    for reason in seen["reasons"]:
        print(f"  {name}: {reason}", file=sys.stderr)
    row = f"| {title} | {difference:.1e} | {seen['nodes']} | {verdict} | {agreement} |"
    return row, difference <= 1e-4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True, help="overfeat-network-report")
    parser.add_argument("--folder", type=Path, help="keep the exported networks here")
    parser.add_argument("--cells", type=int, default=4, help="the dense map has this many rows and columns")
    parser.add_argument("--backend", default="onednn")
    parser.add_argument("--today", action="store_true", help="export with PyTorch's newest exporter")
    parser.add_argument("--half", action="store_true", help="weights of float16 against the same in float32")
    parser.add_argument("networks", nargs="*", help="all if left out")
    options = parser.parse_args()
    print("| network (opset) | logits | layers | slides | dense map |")
    print("|---|---|---|---|---|")
    fine = True
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        for name in options.networks or NETWORKS:
            try:
                row, is_right = compared(
                    name, options.program, folder, options.cells, options.backend, options.today, options.half
                )
            except Exception as error:  # noqa: BLE001  (one network must not stop the others)
                row, is_right = f"| {name} | failed: {str(error).splitlines()[0][:120]} | | | |", False
            print(row, flush=True)
            fine = fine and is_right
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
