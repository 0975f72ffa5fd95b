# SPDX-License-Identifier: Apache-2.0
"""Losses: classes with label smoothing, boxes by generalised IoU plus smooth L1, optional teacher."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# What the setting box_loss may be.
BOX_LOSSES = ("giou", "l1", "half")


def area(box: Tensor) -> Tensor:
    """Area of x1, y1, x2, y2 boxes; 0 for inverted ones."""
    return (box[..., 2:] - box[..., :2]).clamp(min=0).prod(-1)


def iou(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union of paired boxes."""
    low = torch.maximum(first[..., :2], second[..., :2])
    high = torch.minimum(first[..., 2:], second[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    return shared / (area(first) + area(second) - shared).clamp(min=1e-6)


def generalised_iou(first: Tensor, second: Tensor) -> Tensor:
    """IoU minus the share of the common hull that neither box covers."""
    low = torch.maximum(first[..., :2], second[..., :2])
    high = torch.minimum(first[..., 2:], second[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    union = (area(first) + area(second) - shared).clamp(min=1e-6)
    hull_low = torch.minimum(first[..., :2], second[..., :2])
    hull_high = torch.maximum(first[..., 2:], second[..., 2:])
    hull = (hull_high - hull_low).clamp(min=0).prod(-1).clamp(min=1e-6)
    return shared / union - (hull - union) / hull


def box_loss(predicted: Tensor, target: Tensor, kind: str = "giou") -> Tensor:
    """Mean box loss.

    `giou` has a little smooth L1 beside it; `l1` is smooth L1 alone; `half` is a soft count of the
    boxes that miss an IoU of 0.5, which is what localisation is judged by, beside a little `giou`,
    which pulls where the count is flat.
    """
    near = functional.smooth_l1_loss(predicted, target, beta=0.1)
    if kind == "l1":
        return 4 * near
    fit = (1 - generalised_iou(predicted, target)).mean() + near
    if kind == "half":
        return torch.sigmoid((0.5 - iou(predicted, target)) / 0.1).mean() + 0.3 * fit
    return fit


def class_losses(scores: Tensor, classes: Tensor, smoothing: float) -> Tensor:
    """Cross entropy of every window."""
    return functional.cross_entropy(
        scores, classes, label_smoothing=smoothing, reduction="none"
    )


def teacher_loss(scores: Tensor, teacher: Tensor, temperature: float = 2.0) -> Tensor:
    """Cross entropy to the softened answers of a teacher."""
    soft = functional.softmax(teacher / temperature, 1)
    own = functional.log_softmax(scores / temperature, 1)
    return -(soft * own).sum(1).mean() * temperature
