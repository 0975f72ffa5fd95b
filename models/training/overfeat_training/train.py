# SPDX-License-Identifier: Apache-2.0
"""`python -m overfeat_training.train`: train a window network; run it again to continue a stopped run."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from .batches import Batch, Batches, colour_statistics
from .cache import Pictures, open_cache
from .checkpoint import load_averaged, load_checkpoint, save_checkpoint
from .losses import box_loss, class_losses, teacher_loss
from .measure import centre_view
from .network import PRESETS, WindowNet, multiply_adds
from .records import RecipeError
from .settings import Settings, load_settings


def _scaler(enabled: bool) -> Any:
    """The gradient scaler under the name this PyTorch (2 or later) has for it."""
    if hasattr(torch.amp, "GradScaler"):
        return torch.amp.GradScaler("cuda", enabled=enabled)
    return torch.cuda.amp.GradScaler(enabled=enabled)


def half_type(device: torch.device) -> torch.dtype | None:
    """What activations are kept in: halves where the processor multiplies them, else None."""
    if device.type == "cuda":
        return torch.float16
    # bfloat16 without AVX-512 or AMX instructions for it is slower than float32.
    return torch.bfloat16 if torch.ops.mkldnn._is_mkldnn_bf16_supported() else None


# Which of the optimiser's groups holds the linear layers of the box head.
BOX_LAYERS = 2


class BoxWatch:
    """Notices that the box head has learnt nothing for a while, or has diverged."""

    PATIENCE = 3

    def __init__(self) -> None:
        self.bad = 0

    def note(self, loss: float, median_box: float) -> str | None:
        """Mean losses since the last call, ours and the median box's; a sentence when it is time for one."""
        self.bad = self.bad + 1 if loss > median_box else 0
        if self.bad != self.PATIENCE:
            return None
        return (
            f"the box loss stays at {loss:.3f}, above the {median_box:.3f} of always answering the median "
            "box: the box head does not learn; stop and go on with a smaller --box_limit"
        )


class Run:
    """One training run and its state."""

    def __init__(
        self, pictures: Pictures, settings: Settings, device: torch.device
    ) -> None:
        torch.manual_seed(settings.seed)
        self.pictures = pictures
        self.settings = settings
        self.device = device
        self.mean, self.std = colour_statistics(pictures)
        self.batches = Batches(
            pictures,
            settings.batch,
            settings.background,
            self.mean,
            self.std,
            settings.seed,
            device,
        )
        classes = len(pictures.classes) + 1
        self.net = WindowNet(classes, PRESETS[settings.widths]).to(device)
        self.net.to(memory_format=torch.channels_last)
        self.net.box_gradients = settings.box_gradients
        if settings.start:
            self.net.adopt(load_averaged(Path(settings.start))[0])
        self.average = {k: v.detach().clone() for k, v in self.net.state_dict().items()}
        self.optimiser = torch.optim.SGD(
            self._groups(), lr=settings.rate, momentum=settings.momentum, nesterov=True
        )
        self.half = half_type(device)
        self.scaler = _scaler(device.type == "cuda")
        self.teacher = (
            load_averaged(Path(settings.teacher))[0].to(device)
            if settings.teacher
            else None
        )
        self.step = 0
        # Box loss of answering the median box of the last batch everywhere.
        self.median_box_loss = 0.0
        self.elapsed = 0.0
        self.curve: list[list[float]] = []

    def _groups(self) -> list[dict[str, Any]]:
        """No weight decay on biases and normalisation; the linear box layers have their own rate."""
        groups: list[dict[str, Any]] = [
            {"params": [], "weight_decay": self.settings.decay},
            {"params": [], "weight_decay": 0.0},
            {"params": [], "weight_decay": self.settings.decay},
        ]
        for name, parameter in self.net.named_parameters():
            if name.startswith(("box_hidden", "box_out")):
                groups[2]["params"].append(parameter)
            else:
                groups[1 if parameter.dim() == 1 else 0]["params"].append(parameter)
        return groups

    @property
    def progress(self) -> float:
        """Share of the run that is done: by training time if `minutes` is set, else by epochs."""
        if self.settings.minutes > 0:
            return min(self.elapsed / (self.settings.minutes * 60), 1.0)
        return min(max(self.batches.epochs, 0.0) / self.settings.epochs, 1.0)

    def state(self) -> dict[str, Any]:
        """Everything needed to go on or to export."""
        return {
            "settings": asdict(self.settings),
            "classes": [[c.wnid, c.name] for c in self.pictures.classes]
            + [["background", "background"]],
            "mean": self.mean,
            "std": self.std,
            "net": self.net.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "batches": self.batches.state(),
            "step": self.step,
            "elapsed": self.elapsed,
            "curve": self.curve,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        self.net.load_state_dict(state["net"])
        self.average = {k: v.to(self.device) for k, v in state["average"].items()}
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state["scaler"])
        self.batches.restore(state["batches"])
        self.step, self.elapsed = state["step"], state["elapsed"]
        self.curve = state["curve"]

    def _losses(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        with torch.autocast(self.device.type, self.half, enabled=self.half is not None):
            scores, boxes, _ = self.net(batch.images)
        scores, boxes = scores.float(), boxes.float()
        each = class_losses(scores, batch.classes, self.settings.smoothing)
        loss = each.mean()
        if self.teacher is not None:
            with torch.no_grad():
                answers = self.teacher(batch.images)[0].float()
            weight = self.settings.teacher_weight
            loss = (1 - weight) * loss + weight * teacher_loss(scores, answers)
        box = box_loss(boxes[: batch.objects], batch.boxes, self.settings.box_loss)
        median = batch.boxes.median(0).values.expand_as(batch.boxes)
        self.median_box_loss = float(
            box_loss(median, batch.boxes, self.settings.box_loss)
        )
        total = loss + self.settings.box_weight * box
        negatives = each[batch.objects : batch.objects + len(batch.background.source)]
        if self.settings.hard_negatives:
            self.batches.hard.add(batch.background, negatives.detach().cpu())
        return total, loss.detach(), box.detach()

    def one_step(self) -> tuple[float, float]:
        """One batch; returns the class loss and the box loss."""
        start = time.monotonic()
        settings, progress = self.settings, self.progress
        for group in self.optimiser.param_groups:
            group["lr"] = settings.learning_rate(progress)
        self.optimiser.param_groups[BOX_LAYERS]["lr"] = settings.box_learning_rate(
            progress
        )
        batch = self.batches.draw(settings.side(progress), settings.strength(progress))
        total, loss, box = self._losses(batch)
        if not math.isfinite(float(total.detach())):
            raise RecipeError(
                f"the loss is {float(total.detach())} at step {self.step}; run again from the last checkpoint "
                "with a smaller --rate"
            )
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(total).backward()
        self.scaler.unscale_(self.optimiser)
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), settings.clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.step += 1
        if self.step % 4 == 0:
            self._average()
        self.elapsed += time.monotonic() - start
        return float(loss), float(box)

    @torch.no_grad()
    def _average(self) -> None:
        """Exponential moving average of all weights; short at first."""
        keep = min(self.settings.ema**4, (1 + self.step) / (40 + self.step))
        for name, value in self.net.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - keep)
            else:
                self.average[name].copy_(value)

    def measure(
        self, held_out: Pictures, count: int = 2000
    ) -> tuple[float, float, float]:
        """Top-1, top-5 and share of good boxes of the averaged network on held-out pictures."""
        net = WindowNet(self.net.classes, self.net.widths)
        net.load_state_dict(self.average)
        net.to(self.device).to(memory_format=torch.channels_last)
        side = self.settings.side(self.progress)
        answer = centre_view(
            net.eval(), held_out, self.mean, self.std, side=side, limit=count
        )
        return answer.top1, answer.top5, answer.good_boxes


def train(run: Run, folder: Path, held_out: Pictures | None, every: float) -> None:
    """Train to the end, with a checkpoint and a measurement every so many seconds."""
    latest = folder / "latest.pt"
    started, begun = time.monotonic(), run.progress
    saved = measured = started
    shown, sums, seen = started, [0.0, 0.0, 0.0], 0
    watch = BoxWatch()
    while run.progress < 1:
        loss, box = run.one_step()
        sums = [sums[0] + loss, sums[1] + box, sums[2] + run.median_box_loss]
        seen += 1
        now = time.monotonic()
        if now - shown > 30 or run.progress >= 1:
            done = run.progress
            left = (now - started) * (1 - done) / max(done - begun, 1e-6)
            bar = "#" * int(done * 20)
            print(
                f"[{bar:<20}] {done:6.1%} left {left / 60:5.1f} min  step {run.step} epoch "
                f"{run.batches.epochs:.2f} side {run.settings.side(done)}  class {sums[0] / seen:.3f} "
                f"box {sums[1] / seen:.3f}  {seen * run.settings.batch / (now - shown):.0f} windows/s",
                flush=True,
            )
            warning = watch.note(sums[1] / seen, sums[2] / seen)
            if warning:
                print(f"train: {warning}", file=sys.stderr, flush=True)
            shown, sums, seen = now, [0.0, 0.0, 0.0], 0
        if now - saved > every or run.progress >= 1:
            save_checkpoint(latest, run.state())
            saved = now
        if held_out is not None and (now - measured > 2.5 * every or run.progress >= 1):
            top1, top5, boxes = run.measure(held_out)
            run.curve.append(
                [run.progress, run.elapsed, run.batches.epochs, top1, top5, boxes]
            )
            print(
                f"held out: top-1 {top1:.3f} top-5 {top5:.3f} IoU>=0.5 {boxes:.3f}",
                flush=True,
            )
            measured = time.monotonic()
    save_checkpoint(latest, run.state())
    try:
        (folder / "curve.json").write_text(json.dumps(run.curve), encoding="utf-8")
    except OSError as error:
        raise RecipeError(
            f"{folder / 'curve.json'}: cannot be written ({error.strerror}); the network itself is safe in {latest}"
        ) from error


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder written by prepare"
    )
    parser.add_argument(
        "--run",
        type=Path,
        required=True,
        help="folder for checkpoints; continued if it has one",
    )
    parser.add_argument("--config", type=Path, help="JSON file of settings")
    parser.add_argument(
        "--device", default="cuda" if torch.cuda.is_available() else "cpu"
    )
    parser.add_argument(
        "--threads", type=int, default=0, help="CPU threads, 0: all cores"
    )
    parser.add_argument(
        "--every", type=float, default=120, help="seconds between checkpoints"
    )
    for name, value in asdict(Settings()).items():
        if isinstance(value, bool):
            parser.add_argument(
                f"--{name}", action=argparse.BooleanOptionalAction, default=None
            )
        else:
            parser.add_argument(f"--{name}", type=type(value), default=None)
    return parser.parse_args()


def main() -> int:
    """Command line."""
    options = _options()
    if options.threads:
        torch.set_num_threads(options.threads)
    overrides = {name: getattr(options, name) for name in asdict(Settings())}
    try:
        latest = options.run / "latest.pt"
        state = load_checkpoint(latest) if latest.exists() else None
        stored = dict(state["settings"]) if state else None
        settings = load_settings(options.config, overrides, stored)
        run = Run(
            open_cache(options.cache, "train"), settings, torch.device(options.device)
        )
        try:
            options.run.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecipeError(
                f"{options.run}: no folder for the run can be made there ({error.strerror}); choose another --run"
            ) from error
        if state:
            run.restore(state)
            print(f"continuing {latest} at {run.progress:.1%}")
        held_out = (
            open_cache(options.cache, "val")
            if (options.cache / "val.pixels").exists()
            else None
        )
        print(
            f"{multiply_adds(run.net) / 1e6:.1f} M multiply-adds per window, {json.dumps(asdict(settings))}",
            flush=True,
        )
        train(run, options.run, held_out, options.every)
    except RecipeError as error:
        print(f"train: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
