# SPDX-License-Identifier: Apache-2.0
"""Any layer of a network as a PyTorch module: overfeat.torch.FeatureExtractor.

Forward only: nothing is learnt through it, and what comes out has no gradient. The engine computes on
its own device and exchanges with torch through DLPack.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from overfeat._recogniser import ModelName, Recogniser

try:
    import torch
except ImportError as missing:
    raise ImportError(
        "overfeat.torch needs PyTorch, which is not installed here; install it (pip install torch)."
    ) from missing


def _bytes_of(pictures: torch.Tensor) -> torch.Tensor:
    """Bytes from what torchvision makes of pictures: bytes already, or 0 to 1."""
    if pictures.dtype == torch.uint8:
        return pictures
    if not pictures.is_floating_point():
        raise TypeError(
            f"Pictures are uint8, or floating point from 0 to 1; these are {pictures.dtype}."
        )
    return pictures.mul(255).round_().clamp_(0, 255).to(torch.uint8)


class FeatureExtractor(torch.nn.Module):
    """What a layer says of pictures, as a module.

    model, device, threads: as of overfeat.Recogniser.
    layer: a name of overfeat.Recogniser.layers; None = the embedding.

    forward() takes (pictures, 3, rows, columns) or one picture (3, rows, columns), R, G, B: uint8 as
    torchvision reads them, or floating point from 0 to 1; or a list of pictures of different sizes.
    They are not normalised before: the engine does that. It returns float32 in the layer's own shape
    with the number of pictures before it, on the device that the pictures were on. On the processor a
    batch that lies channels last goes in without a copy, and what comes out is never copied; from a
    GPU there is one copy each way.
    """

    def __init__(
        self,
        model: ModelName | bytes | Sequence[ModelName] = "default",
        layer: str | None = None,
        *,
        device: str = "auto",
        threads: int = 0,
    ) -> None:
        super().__init__()
        self.layer = layer
        self._opened_as = {"model": model, "device": device, "threads": threads}
        self._recogniser = Recogniser(model, device=device, threads=threads)

    def forward(self, pictures: torch.Tensor | Sequence[torch.Tensor]) -> torch.Tensor:
        """The layer's values, (pictures, ...), float32; of one picture without the number."""
        tensors = [pictures] if isinstance(pictures, torch.Tensor) else list(pictures)
        if not tensors:
            raise ValueError("There is no picture; give at least one.")
        arrays: list[Any] = []
        for one in tensors:
            if one.dim() not in (3, 4) or one.shape[-3] not in (1, 3, 4):
                raise ValueError(
                    f"Pictures are (3, rows, columns), or several before one another; this is "
                    f"{tuple(one.shape)}."
                )
            last = _bytes_of(one.detach()).movedim(-3, -1).cpu()
            arrays.append(np.from_dlpack(last))
        given = arrays[0] if isinstance(pictures, torch.Tensor) else arrays
        values = torch.from_dlpack(self._recogniser.features(given, self.layer))
        return values.to(tensors[0].device)

    def extra_repr(self) -> str:
        """For print()."""
        return f"{self._recogniser.model}, layer={self.layer or 'the embedding'}"

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_recogniser"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._recogniser = Recogniser(**self._opened_as)
