# SPDX-License-Identifier: Apache-2.0
"""The ways to the engine beside one another: C++, C, Python, Octave and the command line.

    compare.py same     ten pictures; every number must be the same
    compare.py speed    features per second of each against C++, in turns, on one thread
    compare.py cycles   opens and closes again and again; memory must not grow

The options name the probes (probe/probe.h); one that is not named is left out, which is said.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

PROBES = ("cpp", "c", "python", "octave")


def make_pictures(folder: Path) -> None:
    """Ten pictures of different sizes and content: smooth ground, shapes, noise."""
    rng = np.random.default_rng(2014)
    for number in range(10):
        height, width = int(rng.integers(90, 400)), int(rng.integers(90, 500))
        y, x = np.mgrid[0:height, 0:width]
        slopes = rng.uniform(-1, 1, (3, 2))
        picture = np.stack([128 + a * x / 4 + b * y / 4 for a, b in slopes], axis=-1)
        for _ in range(number):
            centre_y, centre_x = rng.integers(0, height), rng.integers(0, width)
            inside = np.hypot(y - centre_y, x - centre_x) < rng.integers(10, 80)
            picture[inside] = rng.integers(0, 256, 3)
        picture += rng.normal(0, 3 * number, picture.shape)
        pixels = np.clip(np.rint(picture), 0, 255).astype(np.uint8).tobytes()
        (folder / f"{number}.ppm").write_bytes(
            b"P6\n%d %d\n255\n" % (width, height) + pixels
        )


def commands(options: argparse.Namespace) -> dict[str, list[str]]:
    """How each probe is started, as far as there is one."""
    found = {}
    for name in PROBES:
        command = getattr(options, name)
        if command:
            found[name] = command.split("|")
        else:
            print(f"left out: {name}")
    return found


def objects_of(line: str) -> list[tuple[float, ...]]:
    """Class, score and box of what the command line found."""
    return [
        (float(one["index"]), float(np.float32(one["score"])), *map(float, one["box"]))
        for one in json.loads(line)["detections"]
    ]


class Dump:
    """What a probe saw in ten pictures."""

    def __init__(self, file: Path) -> None:
        values = np.fromfile(file, np.float64)
        self.parts: list[list[npt.NDArray[np.float64]]] = []
        at = 0
        for _ in range(10):
            picture = []
            for columns in (1, 1, 8):
                count = int(values[at]) * columns
                picture.append(values[at + 1 : at + 1 + count])
                at += 1 + count
            self.parts.append(picture)
        if at != len(values):
            sys.exit(f"{file} has {len(values)} numbers, not {at}.")


def same(options: argparse.Namespace, folder: Path) -> None:
    """Every number of every language is the one of C++."""
    dumps = {}
    for name, command in commands(options).items():
        out = folder / f"{name}.bin"
        subprocess.run(
            [*command, "same", options.model, str(folder), str(out)], check=True
        )
        dumps[name] = Dump(out)
    reference = dumps.pop("cpp")
    numbers = sum(len(part) for picture in reference.parts for part in picture)
    objects = sum(len(picture[2]) // 8 for picture in reference.parts)
    if objects == 0:
        sys.exit("No object was found in any picture: boxes were not compared.")
    for name, dump in dumps.items():
        for number in range(10):
            for part, expected in zip(
                dump.parts[number], reference.parts[number], strict=True
            ):
                if not np.array_equal(part, expected):
                    sys.exit(
                        f"{name} sees something else in picture {number} than C++."
                    )
        print(
            f"{name}: the same {numbers} numbers as C++, {objects} objects among them"
        )
    if options.program:
        same_by_program(options, folder, reference)
    else:
        print("left out: the command line")


def same_by_program(options: argparse.Namespace, folder: Path, reference: Dump) -> None:
    """The command line, as far as it prints the numbers: boxes with two decimals."""
    files = [str(folder / f"{number}.ppm") for number in range(10)]
    common = ["--model", options.model, "--threads", "1"]
    out = folder / "features.npy"
    subprocess.run(
        [options.program, "features", *files, *common, "--out", str(out)], check=True
    )
    classes = ["classify", *files, *common, "--json", "--top", "100000"]
    lines = subprocess.run(
        [options.program, *classes], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    found = subprocess.run(
        [options.program, "detect", *files, *common, "--json", "--threshold", "0"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    features = np.load(out)
    compared = 0
    for number in range(10):
        expected_features, expected_scores, expected_objects = reference.parts[number]
        if not np.array_equal(
            features[number].ravel().astype(np.float64), expected_features
        ):
            sys.exit(
                f"The command line has other features of picture {number} than C++."
            )
        answers = json.loads(lines[number])["classes"]
        for answer in answers:
            if np.float32(answer["score"]) != np.float32(
                expected_scores[answer["index"]]
            ):
                sys.exit(f"The command line scores {answer} in picture {number}.")
        compared += len(expected_features) + len(answers)
        objects = expected_objects.reshape(-1, 8)
        theirs = np.array(objects_of(found[number])).reshape(-1, 6)
        if not np.array_equal(theirs[:, :2], objects[:, :2]) or not np.allclose(
            theirs[:, 2:], objects[:, 4:], atol=0.00501, rtol=0
        ):
            sys.exit(
                f"The command line finds other objects in picture {number} than C++."
            )
        compared += theirs.size
    print(f"the command line: the same {compared} numbers as C++")


class Running:
    """A probe that waits for numbers."""

    def __init__(self, command: list[str], what: str, model: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [*command, what, model, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, count: int) -> float:
        """Has it done so many times; what it says."""
        assert self.process.stdin is not None and self.process.stdout is not None
        # Octave looks at what follows a line before it gives the line.
        self.process.stdin.write(f"{count}\n\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args} ended with {self.process.wait()}.")
        return float(line)

    def processor_seconds(self) -> float:
        """How long its threads have run: what others do does not matter to it."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def resident_kb(self) -> int:
        """How much of the memory it has."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        sys.exit("There is no VmRSS.")

    def end(self) -> None:
        """Lets it end, which must be in order."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        if self.process.wait() != 0:
            sys.exit(f"{self.process.args} ended with {self.process.returncode}.")


def seconds_by_program(
    options: argparse.Namespace, folder: Path, count: int
) -> tuple[float, float]:
    """How long the command line takes for so many pictures: by the clock, and of the processor."""
    file = str(folder / "0.ppm")
    out = str(folder / "speed.npy")
    common = ["--model", options.model, "--threads", "1", "--out", out]
    before = os.times()
    subprocess.run([options.program, "features", *[file] * count, *common], check=True)
    after = os.times()
    children = (after.children_user + after.children_system) - (
        before.children_user + before.children_system
    )
    return after.elapsed - before.elapsed, children


def speed(options: argparse.Namespace, folder: Path) -> None:
    """In turns, so that whatever else the computer does is shared.

    The command line opens a file for each picture; so does the C++ that it is compared with.
    """
    started = commands(options)
    running = {
        name: Running(command, "speed", options.model, folder)
        for name, command in started.items()
    }
    if options.program:
        running["cpp, files"] = Running(started["cpp"], "files", options.model, folder)
    wall: dict[str, list[float]] = {name: [] for name in running}
    processor: dict[str, list[float]] = {name: [] for name in running}
    for one in running.values():
        one.ask(3)
    for turn in range(options.turns):
        names = list(running)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            before = running[name].processor_seconds()
            wall[name].append(running[name].ask(options.count) / options.count)
            after = running[name].processor_seconds()
            processor[name].append((after - before) / options.count)
        if options.program:
            # What starting takes is the same for both and goes out.
            more = seconds_by_program(options, folder, 1 + options.count)
            less = seconds_by_program(options, folder, 1)
            wall.setdefault("program", []).append((more[0] - less[0]) / options.count)
            processor.setdefault("program", []).append(
                (more[1] - less[1]) / options.count
            )
    for one in running.values():
        one.end()

    def share_of(base: str, seconds: dict[str, list[float]], name: str) -> float:
        return statistics.median(
            one / own for one, own in zip(seconds[base], seconds[name], strict=True)
        )

    for name, seconds in wall.items():
        base = "cpp, files" if name == "program" else "cpp"
        print(
            f"{name:10} {1 / statistics.median(seconds):7.1f} features/s, "
            f"{statistics.median(processor[name]) * 1e3:.3f} ms of processor time each; to {base}: "
            f"{share_of(base, wall, name):.3f} by the clock, "
            f"{share_of(base, processor, name):.3f} by processor time (medians of "
            f"{options.turns} turns)"
        )


def cycles(options: argparse.Namespace, folder: Path) -> None:
    """Memory after a fifth of the cycles and at their end.

    What leaks grows with every part; an allocator takes another piece now and then. So the parts
    grow by what the median of them does.
    """
    failed = False
    for name, command in commands(options).items():
        probe = Running(command, "cycles", options.model, folder)
        part = max(1, options.count // 10)
        sizes = []
        for _ in range(10):
            probe.ask(part)
            sizes.append(probe.resident_kb())
        probe.end()
        growth = (sizes[-1] - sizes[1]) / (8 * part)
        steps = [after - before for before, after in itertools.pairwise(sizes[1:])]
        grown = len(steps) * statistics.median(steps) > options.most_growth_kb
        failed = failed or grown
        print(
            f"{name:8} {10 * part} cycles: {sizes[0]} kB after {part}, {sizes[1]} after {2 * part}, "
            f"{sizes[-1]} at the end, {growth:+.2f} kB per cycle{': GROWS' if grown else ''}"
        )
    if failed:
        sys.exit("Memory grows.")


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["same", "speed", "cycles"])
    parser.add_argument("--model", required=True, help="an ONNX file")
    for name in PROBES:
        parser.add_argument(
            f"--{name}", default="", help="its command, words divided by |"
        )
    parser.add_argument("--program", default="", help="the command line")
    parser.add_argument(
        "--count", type=int, default=100, help="features per turn, or cycles"
    )
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--most-growth-kb", type=int, default=1024)
    options = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    with tempfile.TemporaryDirectory() as folder:
        make_pictures(Path(folder))
        {"same": same, "speed": speed, "cycles": cycles}[options.what](
            options, Path(folder)
        )


if __name__ == "__main__":
    main()
