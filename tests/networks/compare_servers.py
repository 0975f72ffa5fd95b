#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same pictures through an inference server and through this computer: the numbers are the same.

  compare_servers.py OVERFEAT KIND [--python PYTHON] [--model M] [--runs N] [--pictures PICTURE...]

KIND is mlserver or kserve, which PYTHON must be able to import, with onnxruntime. Exports the network, starts the server on
127.0.0.1, compares detect, classify and features over HTTP and over gRPC, and prints the frame rates of all three (--runs). Everything is written below a folder of
its own, and the server ends with this.
"""

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Of scores between 0 and 1, of pixels, and of the largest number of an embedding.
MOST = {"score": 1e-3, "box": 0.5, "feature": 1e-3}
COMMANDS = [
    ("detect",),
    ("detect", "--stride", "fine"),
    ("classify", "--views", "ten"),
    ("features",),
]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def painted(folder):
    """A picture for machines that have none: coloured noise, coarse and fine."""
    source = random.Random(1)
    width, height = 320, 240
    pixels = bytearray()
    blocks = [[source.randbytes(3) for _ in range(width // 40)] for _ in range(height // 40)]
    for y in range(height):
        for x in range(width):
            colour = blocks[y // 40][x // 40]
            pixels += bytes((value + source.randrange(40)) % 256 for value in colour)
    path = folder / "painted.ppm"
    path.write_bytes(b"P6 %d %d 255\n" % (width, height) + bytes(pixels))
    return str(path)


def start(kind, python, models, port, grpc_port, log):
    """What it complains of goes to a file: a pipe that nobody empties would stop it."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    if kind == "kserve":
        command = [python, str(HERE / "kserve_server.py"), str(models), str(port), str(grpc_port)]
    else:
        settings = {
            "host": "127.0.0.1",
            "http_port": port,
            "grpc_port": grpc_port,
            "metrics_endpoint": None,
            "parallel_workers": 0,
        }
        (models / "settings.json").write_text(json.dumps(settings))
        # Its program takes the folder's own settings.
        code = "from mlserver.cli import main; main()"
        command = [python, "-c", code, "start", str(models)]
    with log.open("wb") as errors:
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=errors)


def wait(process, port, name, log):
    """Until it has loaded the model; a server that ends instead says why."""
    while process.poll() is None:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/v2/models/{name}/ready"
            ) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    sys.exit(f"The server ended: {log.read_text(errors='replace')[-2000:]}")


class Program:
    def __init__(self, path, model):
        self.path = path
        self.model = ["--model", model] if model else []

    def run(self, command, *arguments):
        model = [] if command == "devices" else self.model
        done = subprocess.run(
            [self.path, command, *arguments, *model], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            sys.exit(f"overfeat {command}: {done.stderr}")
        return done

    def objects(self, device, command, *arguments):
        done = self.run(command, "--json", "--device", device, *arguments)
        if "This computer computes" in done.stderr:
            sys.exit(done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]


def largest_difference(here, there):
    """Of what both say about one picture; anything that is not there twice is a difference without end."""
    seen = {"score": 0.0, "box": 0.0, "feature": 0.0}

    def note(kind, a, b):
        seen[kind] = max(seen[kind], abs(a - b))

    for key in ("classes", "detections"):
        a, b = here.get(key, []), there.get(key, [])
        if [one["label"] for one in a] != [one["label"] for one in b]:
            sys.exit(f"Other {key} in {here['file']}: {a}\n{b}")
        for one, other in zip(a, b):
            note("score", one["score"], other["score"])
            for x, y in zip(one.get("box", []), other.get("box", [])):
                note("box", x, y)
    a, b = here.get("values", []), there.get("values", [])
    if len(a) != len(b):
        sys.exit("Embeddings of other lengths.")
    largest = max(map(abs, a), default=1)
    for x, y in zip(a, b):
        note("feature", x / largest, y / largest)
    return seen


def compare(program, device, pictures, here):
    """What the device says of the pictures, with what was said here."""
    said = program.run("devices", "--json", device).stdout.splitlines()
    print(json.loads(said[-1])["sentence"])  # the server is the last
    for command, expected in here.items():
        worst = {"score": 0.0, "box": 0.0, "feature": 0.0}
        there = program.objects(device, *command, *pictures)
        if len(expected) != len(there) or not there:
            sys.exit("Another number of answers.")
        for one, other in zip(expected, there):
            for kind, value in largest_difference(one, other).items():
                worst[kind] = max(worst[kind], value)
        print(" ".join(command), worst)
        if any(worst[kind] > most for kind, most in MOST.items()):
            sys.exit("They differ.")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("kind", choices=["mlserver", "kserve"])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--model", default="default")
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--pictures", nargs="*", metavar="PICTURE")
    options = parser.parse_args()
    program = Program(options.program, options.model)
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder) / "models"
        program.run("export-server", str(models), "--name", "net")
        port, grpc_port = free_port(), free_port()
        log = Path(folder) / "errors.txt"
        process = start(options.kind, options.python, models, port, grpc_port, log)
        try:
            wait(process, port, "net", log)
            pictures = options.pictures or [painted(Path(folder))]
            here = {command: program.objects("cpu", *command, *pictures) for command in COMMANDS}
            devices = [f"kserve:127.0.0.1:{port}/net", f"kserve+grpc:127.0.0.1:{grpc_port}/net"]
            for device in devices:
                compare(program, device, pictures, here)
            for where in ["cpu", *devices] if options.runs else []:
                bench = program.objects(where, "bench", "--objects", "--runs", str(options.runs))[0]
                print(
                    f"{bench['device']}: {bench['frames_per_second']:.2f} frames/s, "
                    f"{bench['median_ms']:.1f} ms, {json.dumps(bench['timings_ms'])}"
                )
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
