#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A table of the inputs that once failed (shared/cases beside the project): what each gives today.

    tests/tables/cases.py --bin build/test/bin CASES

Needs Pillow (for the camera in CASES/mjpeg_server.py). Pixels are judged by pictures/compare.py and
compare_videos.py; here it is what opens, how many pictures of which sizes and times come out, and what is said.
"""
import argparse
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

MODEL = "blank-end.onnx"  # the smallest network there is, and a case itself
QUICK = ("--window-threshold", 0.99, "--scales", 1)  # the pictures count, not what is found


class Cases:
    def __init__(self, programs, folder):
        self.programs, self.folder = programs, folder
        self.wrong = self.count = 0

    def run(self, program, *arguments, timeout=120):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("XDG")} | {"HOME": "/nonexistent"}
        return subprocess.run([str(self.programs / program), *map(str, arguments)], capture_output=True, text=True,
                              timeout=timeout, env=environment, check=False)

    def row(self, name, right, seen, told=""):
        self.count += 1
        self.wrong += not right
        print(f"{' ' if right else '!'} {name:34} {seen}{'; ' + told.strip() if told.strip() else ''}", flush=True)

    def files(self, name, frames, sizes=None, code=0, says="", times=None):
        """Both programs: every frame by the command line, the first one by the live program."""
        done = self.run("overfeat", "detect", self.folder / name, "--json", "--model", self.folder / MODEL, *QUICK)
        seen = [json.loads(line) for line in done.stdout.splitlines()]
        shown = list(dict.fromkeys(f"{o['width']}x{o['height']}" for o in seen))
        last = seen[-1]["time"] if seen else None
        right = (done.returncode == code and len(seen) == frames and (sizes is None or shown == sizes) and
                 says in done.stderr and (times is None or abs((last or 0) - times) < 0.01))
        live = self.run("overfeat-live", "--headless", "--source", self.folder / name, "--json", "--after", 1,
                        "--model", "default")
        first = json.loads(live.stdout.splitlines()[0]) if live.stdout else {}
        right = right and (bool(first) == (frames > 0)) and (not first or first["width"] == seen[0]["width"])
        said = [line for line in done.stderr.splitlines() if "does not name its features" not in line]
        self.row(name, right, f"{len(seen)} frames {' '.join(shown)}, last at {last}, exit {done.returncode}",
                 " ".join(said).replace(str(self.folder) + "/", "").replace("overfeat: ", ""))

    def picture(self, name, says=""):
        self.files(name, 1, says=says)

    def stream(self, server, path, frames=2, code=0, says="", sizes=None, until=None):
        """The live program at the camera's own pace; with `until` to that time of a file."""
        url = path if "://" in path else f"http://{server}{path}"
        try:
            done = self.run("overfeat-live", "--headless", "--source", url, "--json", "--model", "default",
                            *(("--after", frames) if frames and until is None else ()), timeout=60)
            said, out, ended = done.stderr, done.stdout, done.returncode
        except subprocess.TimeoutExpired as late:
            said, out, ended = (late.stderr or b"").decode(), (late.stdout or b"").decode(), "none in 60 s"
        seen = [json.loads(line) for line in out.splitlines()]
        shown = list(dict.fromkeys(f"{o['width']}x{o['height']}" for o in seen))
        right = ended == code and len(seen) >= frames and says in said and (sizes is None or shown == sizes)
        right = right and (until is None or (seen and abs((seen[-1]["time"] or 0) - until) < 0.1))
        quiet = ("Network on", "recognised", "ended or its connection broke")  # a camera of 40 pictures
        words = [line for line in said.splitlines() if not any(word in line for word in quiet)]
        self.row(path.replace(str(server), "SERVER"), right, f"{len(seen)} frames {' '.join(shown)}, exit {ended}", " ".join(words))

    def model(self, name, has):
        done = self.run("overfeat", "models", "info", self.folder / name, "--json")
        listed = self.run("overfeat", "classify", self.folder / "red.png", "--json", "--top", 9, "--model", self.folder / name)
        classes = json.loads(listed.stdout)["classes"] if listed.stdout else []
        names = sorted((c["id"] + " " + c["label"]).strip() for c in classes)
        self.row(name, done.returncode == 0 and names == has, "classes " + ", ".join(names))

    def data(self, name, split):
        done = self.run("overfeat", "evaluate", "detection", "--data", self.folder / name, "--split", split, "--json",
                        "--model", self.folder / MODEL)
        said = [line for line in done.stderr.splitlines() if "does not name its features" not in line]
        # Its classes are not the network's: that it says so shows that all of it was read.
        right = done.returncode == 0 or any("has no class for" in line for line in said)
        self.row(name, right, f"exit {done.returncode}", " ".join(said).replace("overfeat: ", "")[:110])


def serve(folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, str(folder / "mjpeg_server.py"), str(port)], stderr=subprocess.DEVNULL)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server, f"127.0.0.1:{port}"
        time.sleep(0.05)
    server.kill()
    raise SystemExit("mjpeg_server.py does not start; it needs Pillow.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder of overfeat and overfeat-live")
    parser.add_argument("cases", type=pathlib.Path)
    options = parser.parse_args()
    cases = Cases(options.bin, options.cases)
    cases.files("pixfmt-hd.avi", 6, ["1920x1080"])
    cases.files("pixfmt.ts", 30, ["320x240"])
    cases.files("down.ts", 30, ["1280x720", "176x144"])
    cases.files("webrtc-up.webm", 20, ["320x240", "640x480"])
    for name in ("bmp32-bf40-a0.bmp", "bmp_g_pal8os2.bmp", "tif-la8.tif", "tiff_strip_planar_16bit_RGB.tiff",
                 "tiff_gray_2_4_bpp_hopper4.tif", "tif-big.tif", "png-gray-trns.png", "a.heic"):
        cases.picture(name)
    cases.files("sar.mp4", 30, ["320x240"])
    cases.picture("jpg-noeoi.jpg", says="lacks its end mark")
    cases.picture("jpg-garbage-seg.jpg", says="does not keep to its format")
    cases.files("trail-junk.mp4", 30, ["320x240"])
    for name in ("ts.mts", "raw.h264", "noext", "raw.mjpeg", "live.mkv"):
        cases.files(name, 30, ["320x240"])
    cases.files("gap.mp4", 30, ["320x240"])
    server, address = serve(options.cases)
    try:
        for path in ("/plain", "/nolead", "/nodash", "/nopartct", "/noct", "/nolen", "/lf", "/redir", "/octet"):
            cases.stream(address, path, sizes=["320x240"])
        cases.stream(address, "/subs", sizes=["1920x1080"])
        cases.stream(address, "/subs2", sizes=["2560x1440"])
        cases.stream(address, "/resize", frames=25, sizes=["320x240", "640x480"])
        cases.stream(address, f"http://joe:p@ss#1/x@{address}/auth")
        cases.stream(address, "/auth", frames=0, code=3, says="401")
        cases.stream(address, f"http://joe:wrong@{address}/auth", frames=0, code=3, says="401")
        cases.stream(address, "/404", frames=0, code=3, says="404")
        cases.stream(address, "/503", frames=0, code=3, says="503")
        cases.stream(address, "/html", frames=0, code=3, says="page")
        cases.stream(address, "/still.jpg", frames=1)
        cases.stream(address, "/f/live.mkv", sizes=["320x240"], until=1.93)
        cases.stream(address, "/chunk/live.mkv", sizes=["320x240"], until=1.93)
    finally:
        server.kill()
    cases.model("blank-end.onnx", ["blue", "green", "red"])
    cases.model("wnidbom.onnx", ["n01440764 tench", "n01443537 goldfish", "n01484850 shark"])
    cases.model("dup-domain.onnx", ["class 0", "class 1", "class 2"])
    cases.data("v-JPG", "val")
    cases.data("y-yaml-multi", "val")
    cases.data("c-robo", "valid")
    print(f"{cases.count} cases, {cases.wrong} wrong")
    return 1 if cases.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
