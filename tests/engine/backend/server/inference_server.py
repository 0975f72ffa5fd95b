#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An inference server for tests: KServe v2 over HTTP, on 127.0.0.1, at a port that it prints.

It serves what `overfeat export-server` writes, and computes with the program given as --compute. With --fault it misbehaves
in one way, from the N-th question about numbers on (--after), and for so many of them (--times). "slow" prints the other end
of the connection of each question that it holds. Standard library only.
"""

import argparse
import json
import struct
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

JSON_LENGTH = "Inference-Header-Content-Length"


class Computer:
    """The program that computes: a line of what is wanted and the input's numbers in, shapes and numbers out."""

    def __init__(self, program):
        self.lock = threading.Lock()
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, model, shape, numbers, outputs):
        words = [str(model), str(len(shape)), *map(str, shape), *outputs]
        with self.lock:
            self.process.stdin.write(("\t".join(words) + "\n").encode() + numbers)
            self.process.stdin.flush()
            answers = []
            for name in outputs:
                line = self.process.stdout.readline().split()
                if line[:1] != [b"shape"]:
                    raise ValueError(b" ".join(line).decode() or "it ended")
                dims = [int(word) for word in line[1:]]
                count = 1
                for dim in dims:
                    count *= dim
                answers.append((name, dims, self.process.stdout.read(4 * count)))
            return answers


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # answers go out in two parts

    def log_message(self, *_):
        pass

    def say(self, status, body, headers=()):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def say_json(self, status, value):
        self.say(status, json.dumps(value).encode())

    def is_bad_now(self):
        """Whether the last question about numbers is one of those that get the fault."""
        server = self.server
        return server.after < server.asked <= server.after + server.times

    def misbehave(self, where):
        """Whether the fault was about this."""
        server = self.server
        place, _, fault = server.fault.partition(":")
        if where == "infer":
            with server.lock:
                server.asked += 1
                if not self.is_bad_now():
                    return False
        if place != where:
            return False
        if fault == "slow":
            print(f"127.0.0.1:{self.client_address[1]}\n", end="", flush=True)  # in one piece
            server.ends.wait()
        elif fault == "drop":
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"{" * 1000)
            self.close_connection = True
        elif fault == "hang-up":
            self.close_connection = True
        elif fault == "garbage":
            self.say(200, bytes(range(256)) * 64)
        elif fault == "no-http":
            self.wfile.write(b"220 mail.example ready\r\n" * 3)
            self.close_connection = True
        elif fault == "page":
            self.say(200, b"<html><body>It works!</body></html>")
        elif fault == "deep":
            self.say(200, b'{"outputs":' + b"[" * 100000 + b"]" * 100000 + b"}")
        elif fault == "list":
            self.say(200, b"[]")
        elif fault == "endless":
            self.send_response(200)
            self.end_headers()
            try:
                while not server.ends.is_set():
                    self.wfile.write(b" " * 65536)
            except OSError:
                pass
            self.close_connection = True
        elif fault == "headers":
            self.send_response(200)
            self.flush_headers()
            try:
                while not server.ends.is_set():
                    self.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")
            except OSError:
                pass
            self.close_connection = True
        elif fault == "redirect":
            self.say(302, b"", [("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")])
        elif fault == "unavailable":
            self.say_json(503, {"error": "not loaded"})
        elif fault == "error":
            self.say_json(500, {"error": "out of\x1b[31m memory"})
        else:
            return False
        return True

    def do_GET(self):
        server = self.server
        if self.path == "/elsewhere":  # nobody is to follow
            server.fault = "server:hang-up"
        if self.path == "/v2":
            if not self.misbehave("server"):
                extensions = [] if server.fault == "no-binary" else ["binary_tensor_data"]
                self.say_json(200, {"name": "fake", "version": "1", "extensions": extensions})
            return
        parts = self.path.split("/")
        if parts[1:3] != ["v2", "models"] or len(parts) != 4:
            self.say_json(404, {"error": "no such page"})
            return
        settings = server.folder / parts[3] / "model-settings.json"
        if not settings.is_file():
            self.say_json(404, {"error": "no such model"})
        elif not self.misbehave("model"):
            model = json.loads(settings.read_text())
            if server.fault == "model:fixed":
                model["inputs"][0]["shape"] = [1, 1, 1, 1]
            if server.fault == "model:names":
                model["outputs"] = []
            self.say_json(200, {key: model[key] for key in ("name", "inputs", "outputs")})

    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        split = int(self.headers.get(JSON_LENGTH, len(body)))
        if self.misbehave("infer"):
            return
        question = json.loads(body[:split])
        given = question["inputs"][0]
        numbers = body[split:]
        if "data" in given:
            numbers = struct.pack(f"<{len(given['data'])}f", *given["data"])
        model = server.folder / self.path.split("/")[3] / "1" / "model.onnx"
        wanted = [output["name"] for output in question["outputs"]]
        try:
            answers = server.computer.run(model, given["shape"], numbers, wanted)
        except ValueError as error:
            self.say_json(400, {"error": str(error)})
            return
        self.answer(answers, "data" not in given)

    def answer(self, answers, binary):
        fault = self.server.fault if self.is_bad_now() else ""
        fault = fault.partition(":")[2]
        if fault == "missing":
            answers = answers[:-1]
        outputs, blob = [], b""
        for name, shape, numbers in answers:
            if fault == "shape":
                shape = [*shape[:-1], shape[-1] + 1]
            if fault == "other-name":
                name += "x"
            if fault == "nan":
                numbers = b"\xff" * 4 + numbers[4:]
            if fault == "wrong":
                values = struct.unpack(f"<{len(numbers) // 4}f", numbers)
                numbers = struct.pack(f"<{len(values)}f", *(value * 1.5 + 1 for value in values))
            if fault == "short":
                numbers = numbers[:-4]
            output = {"name": name, "datatype": "FP32", "shape": shape}
            if fault == "datatype":
                output["datatype"] = "FP16"
            if binary:
                output["parameters"] = {"binary_data_size": len(numbers)}
                blob += numbers
            else:
                output["data"] = list(struct.unpack(f"<{len(numbers) // 4}f", numbers))
            outputs.append(output)
        text = json.dumps({"model_name": "x", "outputs": outputs}).encode()
        if fault == "cut":
            blob = blob[: len(blob) // 2]
        length = len(text) + (1 << 40 if fault == "beyond" else 0)
        if fault == "closes":
            self.close_connection = True
        self.say(200, text + blob, [(JSON_LENGTH, str(length))] if binary else [])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--compute", required=True)
    parser.add_argument("--fault", default="")
    parser.add_argument("--after", type=int, default=0)
    parser.add_argument("--times", type=float, default=float("inf"))
    options = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.folder = options.folder
    server.computer = Computer(options.compute)
    server.fault = options.fault
    server.after = options.after
    server.times = options.times
    server.asked = 0
    server.lock = threading.Lock()
    server.ends = threading.Event()
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
