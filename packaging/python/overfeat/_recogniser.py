# SPDX-License-Identifier: Apache-2.0
"""overfeat.Recogniser."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self, Union

import numpy as np
import numpy.typing as npt

from overfeat import _core
from overfeat._lists import model_file
from overfeat._recognition import Answer, Box, Object, Recognition, Scale

ModelName = Union[str, "os.PathLike[str]"]
Views = Literal["centre", "ten", "dense"]
Merge = Literal["vote", "nms", "soft-nms"]


class Layer(NamedTuple):
    """A layer of a network."""

    name: str
    """For Recogniser.features()."""
    operation: str
    """"Conv"."""
    shape: tuple[int, ...]
    """Of its values for one window, (1, channels, rows, columns) mostly."""


def _as_list(images: Any) -> tuple[Any, bool]:
    """The pictures as a sequence, and whether it was only one."""
    if isinstance(images, np.ndarray):
        return (images, False) if images.ndim == 4 else ([images], True)
    if isinstance(images, Iterable) and not hasattr(images, "__array_interface__"):
        return (images if isinstance(images, Sequence) else list(images)), False
    return [images], True


class Recogniser:
    """One network, or several that vote.

    model: "default" (200 classes, comes with this package), a name that overfeat.models() lists, the
        path of an ONNX file, the bytes of one, or a list of names and paths: those vote, and must
        have the same classes.
    device: "auto", "cpu" or a name of overfeat.devices().
    threads: to compute with; 0 = as many as this process may use.

    Threads of Python that share one wait for one another; with one each they compute at once. After
    a fork() open a new one: threads do not survive it.
    """

    def __init__(
        self,
        model: ModelName | bytes | Sequence[ModelName] = "default",
        *,
        device: str = "auto",
        threads: int = 0,
    ) -> None:
        if isinstance(model, bytes):
            self._core = _core.Recogniser(model, "model", device, threads)
        else:
            names = [model] if isinstance(model, (str, os.PathLike)) else list(model)
            self._core = _core.Recogniser(
                [model_file(name) for name in names], device, threads
            )
        self._info = self._core.info()
        self._extractors: dict[str | None, _core.Features] = {}

    @property
    def model(self) -> str:
        """Names of the models, joined by " + "."""
        return self._info["model"]

    @property
    def device(self) -> str:
        """What computes, as a sentence: another one once this one is lost."""
        with contextlib.suppress(_core.UsageError):  # closed: the last one
            self._info = self._core.info()
        return self._info["device"]

    @property
    def window(self) -> int:
        """Pixels: side of what the first network was trained on."""
        return self._info["window"]

    @property
    def slides(self) -> bool:
        """Whether it looks at every window and finds objects; else the centre view answers."""
        return self._info["slides"]

    @property
    def can_be_taught(self) -> bool:
        """Whether teach() works."""
        return self._info["can_be_taught"]

    @property
    def fine_steps(self) -> int:
        """The most fine steps that make a difference."""
        return self._info["fine_steps"]

    @property
    def labels(self) -> list[str]:
        """What the network's classes are called."""
        return [label for _, label in self._core.classes()]

    @property
    def layers(self) -> list[Layer]:
        """The layers of the first network, in their order."""
        return [Layer(*one) for one in self._core.layers()]

    def recognise(
        self,
        image: npt.ArrayLike,
        *,
        format: Literal["rgb", "bgr"] = "rgb",
        views: Views = "dense",
        scales: int | None = None,
        smallest: float | None = None,
        largest: float | None = None,
        fine_steps: int | None = None,
        flip: bool | None = None,
        detect: bool | None = None,
        merge: Merge | None = None,
        threshold: float | None = None,
        max_objects: int | None = None,
        only_taught: bool | None = None,
    ) -> Recognition:
        """Everything about one picture: scores, objects, maps. None means the program's default.

        image: uint8, (rows, columns, 3), see the package. The engine copies it once, into its own
            layout; an array whose pixels do not follow one another in a row is copied before.
        views: "centre", one window in the middle; "ten", corners and middle with their mirror images;
            "dense", every window at several scales.
        scales: how many sizes of the picture, 1 to 16.
        smallest, largest: the shorter side of the smallest and the largest, in windows.
        fine_steps: strided layers that run at stride 1; 0 = coarse.
        flip: the mirror image as well.
        detect: whether to look for objects.
        merge: how boxes become objects.
        threshold: least score of an object, 0 to 1.
        only_taught: the network's own classes are not looked for.
        """
        options = {
            "views": views,
            "scales": scales,
            "smallest": smallest,
            "largest": largest,
            "fine_steps": fine_steps,
            "flip": flip,
            "detect": detect,
            "merge": merge,
            "threshold": threshold,
            "max_objects": max_objects,
            "only_taught": only_taught,
        }
        given = {name: value for name, value in options.items() if value is not None}
        return Recognition(self._core.recognise(image, format, given))

    def classify(
        self, image: npt.ArrayLike, *, top: int = 5, **look: Any
    ) -> list[Answer]:
        """The best classes of a picture, best first. look: as for recognise()."""
        return self.recognise(image, **{"detect": False, **look}).top(top)

    def detect(self, image: npt.ArrayLike, **look: Any) -> list[Object]:
        """The objects in a picture, best first. look: as for recognise()."""
        return self.recognise(image, **{"detect": True, **look}).objects

    def maps(self, image: npt.ArrayLike, **look: Any) -> list[Scale]:
        """The scores of every class in every window: one Scale per size of the picture.

        Scale.values is (classes, rows, columns), float32, 0 to 1: a view, nothing is copied. look: as
        for recognise().
        """
        return self.recognise(image, **{"detect": False, **look}).scales

    def features(
        self,
        images: npt.ArrayLike | Sequence[npt.ArrayLike],
        layer: str | None = None,
        *,
        format: Literal["rgb", "bgr"] = "rgb",
        out: npt.NDArray[np.float32] | None = None,
    ) -> npt.NDArray[np.float32]:
        """What a layer of the first network says of the centre view of one picture, or of many.

        images: one picture, (rows, columns, 3), uint8; several of one size as one array,
            (pictures, rows, columns, 3); or a sequence of pictures of any sizes.
        layer: a name of Recogniser.layers; None = the embedding.
        out: where to write: contiguous float32 of the shape that is returned.

        Returns float32 in the layer's own shape, for example (channels, rows, columns), and before it
        the number of pictures if there are several. The values are written once, by the engine. Of
        each layer that was asked for a network is kept ready. An InputError that is about one of
        several pictures has its index as `picture`; those before it are in `out`.
        """
        extractor = self._extractor(layer)
        pictures, single = _as_list(images)
        shape = tuple(extractor.info()["shape"])
        if single:
            wanted = shape[1:] if shape[:1] == (1,) else shape
        elif shape[:1] == (1,):
            wanted = (len(pictures), *shape[1:])
        else:
            wanted = (len(pictures), *shape)
        if out is None:
            out = np.empty(wanted, np.float32)
        elif (
            out.shape != wanted or out.dtype != np.float32 or not out.flags.c_contiguous
        ):
            raise _core.UsageError(
                f"The array for the values is {out.shape} of {out.dtype}; it must be {wanted} of "
                f"float32, and contiguous."
            )
        extractor.extract(pictures, format, out)
        return out

    def _extractor(self, layer: str | None) -> _core.Features:
        if layer not in self._extractors:
            self._extractors[layer] = self._core.features(layer)
        return self._extractors[layer]

    def teach(
        self,
        name: str,
        image: npt.ArrayLike,
        box: Box | tuple[float, float, float, float],
        *,
        format: Literal["rgb", "bgr"] = "rgb",
    ) -> None:
        """What is in the box is one example of the class of that name; the next look finds it.

        box: (x, y, width, height) in pixels of the picture. Several examples of a class may be given,
        each by a call. They are kept with the recogniser, not on the disk.
        """
        self._core.teach(name, image, format, tuple(float(value) for value in box))

    def forget(self, name: str | None = None) -> None:
        """Forgets one class that was taught, or all."""
        self._core.forget(name)

    def use_library(self, file: str | os.PathLike[str]) -> int:
        """Looks for what a class library of the programs holds, instead of what was taught.

        Returns the number of its examples that were never shown to this model: they are not looked
        for until one of the programs has shown them. The file is not changed.
        """
        return self._core.use_library(os.fspath(file))

    def cancel(self) -> None:
        """Ends the call that runs in another thread, which raises CancelledError."""
        self._core.cancel()
        for extractor in list(self._extractors.values()):
            extractor.cancel()

    def close(self) -> None:
        """Gives everything back; a call that runs in another thread is ended. May be done twice."""
        for extractor in list(self._extractors.values()):
            extractor.close()
        self._extractors.clear()
        self._core.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<overfeat.Recogniser {self.model} on {self.device}>"
