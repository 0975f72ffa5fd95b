# SPDX-License-Identifier: Apache-2.0
"""The window network: a plain residual trunk, a classifier head and a box head.

Seen from the window (64 px) the trunk is: two strided convolutions to 16x16, a residual stage, a strided
convolution to 8x8, a residual stage, the last pooling (to 4x4), and a stage at 4x4.  The fine-stride pass
of the engine removes the stride of that last pooling.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from .records import RecipeError

WINDOW = 64
BOX_GRID = 4


@dataclass(frozen=True)
class Widths:
    """Channel counts of one network; everything else about its shape is fixed."""

    stem: int = 32
    early: int = 48
    middle: int = 128
    # Inner widths of the residual blocks of the middle stage, one each.
    middle_inner: tuple[int, ...] = (128,)
    late: int = 256
    late_inner: int = 192
    box: int = 48
    box_hidden: int = 128


PRESETS: dict[str, Widths] = {
    "default": Widths(),
    "deep": Widths(middle_inner=(128, 96)),
    "compact": Widths(
        stem=16, early=32, middle=72, middle_inner=(72,), late=256, late_inner=96
    ),
    "smoke": Widths(
        stem=8,
        early=8,
        middle=16,
        middle_inner=(16,),
        late=32,
        late_inner=16,
        box=8,
        box_hidden=16,
    ),
}


class ConvBn(nn.Module):
    """3x3 (or other) convolution without bias, batch normalisation, optional ReLU."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        stride: int = 1,
        relu: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            inputs, outputs, kernel, stride, padding=kernel // 2, bias=False
        )
        self.norm = nn.BatchNorm2d(outputs)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x))
        return torch.relu_(x) if self.relu else x


class Residual(nn.Module):
    """x + conv(conv(x)), then ReLU; the inner width may differ from the outer."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.first = ConvBn(channels, inner)
        self.second = ConvBn(inner, channels, relu=False)
        nn.init.constant_(self.second.norm.weight, 0.5)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu_(self.second(self.first(x)) + x)


class WindowNet(nn.Module):
    """Returns (scores, boxes, features) for a batch of normalised windows."""

    def __init__(self, classes: int, widths: Widths) -> None:
        super().__init__()
        w = widths
        self.widths = widths
        self.classes = classes
        # False: the box loss trains the box head alone and leaves the trunk to the classifier.
        self.box_gradients = True
        self.trunk = nn.Sequential(
            ConvBn(3, w.stem, stride=2),
            ConvBn(w.stem, w.early, stride=2),
            Residual(w.early, w.early),
            ConvBn(w.early, w.middle, stride=2),
            *[Residual(w.middle, inner) for inner in w.middle_inner],
            nn.MaxPool2d(2, 2),
            ConvBn(w.middle, w.late),
            Residual(w.late, w.late_inner),
        )
        self.classifier = nn.Linear(w.late, classes)
        self.box_reduce = ConvBn(w.late, w.box, kernel=1)
        self.box_hidden = nn.Linear(w.box * BOX_GRID * BOX_GRID, w.box_hidden)
        self.box_out = nn.Linear(w.box_hidden, 4)
        nn.init.normal_(self.classifier.weight, std=0.01)
        nn.init.zeros_(self.classifier.bias)
        nn.init.normal_(self.box_out.weight, std=0.01)
        with torch.no_grad():
            self.box_out.bias.copy_(torch.tensor([0.15, 0.15, 0.85, 0.85]))

    def adopt(self, other: WindowNet) -> None:
        """Take the weights of a network that may have fewer blocks in the middle stage.

        A block that the other one lacks starts as the identity, so both give the same answers.
        """
        own, given = len(self.widths.middle_inner), len(other.widths.middle_inner)
        same = replace(self.widths, middle_inner=()) == replace(
            other.widths, middle_inner=()
        )
        shared = self.widths.middle_inner[:given] == other.widths.middle_inner
        if not same or not shared or self.classes != other.classes:
            raise RecipeError(
                "the network to start from has other widths or classes; only one whose blocks "
                "all occur in the new network can be grown into it"
            )
        first_new = 4 + given
        added = range(first_new, first_new + own - given)
        kept = [i for i in range(len(self.trunk)) if i not in added]
        for index, block in zip(kept, other.trunk, strict=True):
            self.trunk[index].load_state_dict(block.state_dict())
        for index in added:
            nn.init.zeros_(self.trunk[index].second.norm.weight)
        for name in ("classifier", "box_reduce", "box_hidden", "box_out"):
            getattr(self, name).load_state_dict(getattr(other, name).state_dict())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        maps = self.trunk(x)
        features = maps.mean(dim=(2, 3))
        seen = maps if self.box_gradients else maps.detach()
        return self.classifier(features), self.box_answers(seen), features

    def box_answers(self, maps: Tensor) -> Tensor:
        """The box head alone, from the trunk's last maps."""
        boxes = self.box_reduce(maps)
        if boxes.shape[-1] != BOX_GRID:
            # Smaller training windows (progressive resolution): the same grid, interpolated.
            boxes = nn.functional.interpolate(
                boxes, size=(BOX_GRID, BOX_GRID), mode="bilinear", align_corners=False
            )
        # Row after row of channel-major maps, whatever the memory layout: what ONNX Flatten does.
        return self.box_out(torch.relu(self.box_hidden(boxes.flatten(1))))


def multiply_adds(net: WindowNet, side: int = WINDOW) -> int:
    """Multiply-adds of one window, counted by running the convolutions and linear layers."""
    total = 0

    def count(module: nn.Module, _inputs: object, output: Tensor) -> None:
        nonlocal total
        weight = module.weight
        positions = output.shape[2] * output.shape[3] if output.dim() == 4 else 1
        total += int(weight.numel()) * positions

    hooks = [
        m.register_forward_hook(count)
        for m in net.modules()
        if isinstance(m, nn.Conv2d | nn.Linear)
    ]
    training = net.training
    net.eval()
    with torch.no_grad():
        net(torch.zeros(1, 3, side, side))
    net.train(training)
    for hook in hooks:
        hook.remove()
    return total
