#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Flatpak manifest, as flatpak-builder reads it: flatpak_test.py SOURCE

What it says of us must be there, what it takes from others must be pinned, and it may ask for no more than
packaging/README.md says. It is not built: that needs KDE's runtime.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(sys.argv.pop(1))
DESKTOP = SOURCE / "packaging/desktop"


class Manifest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        file = SOURCE / "packaging/flatpak/org.overfeat.Live.yml"
        with (
            tempfile.TemporaryDirectory() as folder
        ):  # where it keeps what it would build
            read = subprocess.run(
                ["flatpak-builder", "--show-manifest", str(file)],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
        # What it does not know is only a warning to it.
        if read.returncode != 0 or read.stderr:
            raise AssertionError(read.stderr)
        cls.manifest = json.loads(read.stdout)
        cls.modules = cls.manifest["modules"]

    def test_it_is_of_what_is_installed(self):
        metainfo = (DESKTOP / "org.overfeat.Live.metainfo.xml").read_text()
        self.assertIn(f"<id>{self.manifest['id']}</id>", metainfo)
        self.assertIn(f"<binary>{self.manifest['command']}</binary>", metainfo)
        self.assertTrue((DESKTOP / self.manifest["rename-desktop-file"]).is_file())

    def test_icons_are_called_as_they_are_outside(self):
        """The one of the program, and that of the type of file."""
        icon = self.manifest["rename-icon"]
        self.assertIn(f"Icon={icon}\n", (DESKTOP / "overfeat-live.desktop").read_text())
        self.assertTrue((SOURCE / f"resources/icons/{icon}.svg").is_file())
        installed = (SOURCE / "packaging/CMakeLists.txt").read_text()
        self.assertIn(f"RENAME {icon}.png)", installed)
        with tempfile.TemporaryDirectory() as folder:
            share = Path(folder) / "share"
            for name, place in (
                ("overfeat-live.xml", "mime/packages"),
                ("org.overfeat.Live.metainfo.xml", "metainfo"),
            ):
                (share / place).mkdir(parents=True)
                shutil.copy(DESKTOP / name, share / place)
            for command in self.modules[-1]["post-install"]:
                there = command.replace("/app/", f"{folder}/")
                subprocess.run(["sh", "-ec", there], check=True)
            name = self.manifest["id"]
            mime = (share / f"mime/packages/{name}.xml").read_text()
            self.assertEqual(re.findall('<icon name="(.*?)"/>', mime), [name])
            metainfo = (share / f"metainfo/{name}.metainfo.xml").read_text()
            self.assertEqual(
                re.findall('<icon type="stock">(.*?)</icon>', metainfo), [name]
            )

    def test_options_of_ours_are_there(self):
        # The build folder is left out before it is looked into: other tests change it meanwhile.
        rooms = [f for f in SOURCE.iterdir() if f.is_dir() and f.name not in (".git", "build")]  # fmt: skip
        files = [SOURCE / "CMakeLists.txt"]
        files += [f for room in rooms for f in room.rglob("CMakeLists.txt")]
        listings = "\n".join(file.read_text() for file in files)
        ours = [
            word
            for word in self.modules[-1]["config-opts"]
            if word.startswith("-DOVERFEAT")
        ]
        self.assertTrue(ours)
        for word in ours:
            self.assertIn(f"option({word[2:].partition('=')[0]} ", listings)

    def test_what_others_wrote_is_pinned(self):
        names = set()
        for module in self.modules[:-1]:
            names.add(module["name"])
            for source in module["sources"]:
                self.assertEqual(source["type"], "archive", module["name"])
                self.assertTrue(source["url"].startswith("https://"), source["url"])
                self.assertRegex(source["sha256"], r"^[0-9a-f]{64}$")
        self.assertEqual(len(names), len(self.modules) - 1)
        (ours,) = self.modules[-1]["sources"]
        self.assertEqual((ours["type"], ours["path"]), ("dir", "../.."))

    def test_it_asks_for_no_more_than_is_said(self):
        asked = self.manifest["finish-args"]
        self.assertEqual(len(asked), len(set(asked)))
        page = (SOURCE / "packaging/README.md").read_text()
        listed = re.findall(r"^\| `(--[^`]+)` \|", page, re.MULTILINE)
        self.assertEqual(sorted(asked), sorted(listed))
        for word in asked:
            self.assertNotIn("network", word)
            self.assertNotIn("host", word)


if __name__ == "__main__":
    if shutil.which("flatpak-builder") is None:
        print("SKIPPED-CAPABILITY flatpak: flatpak-builder", flush=True)
        sys.exit(0)
    unittest.main(verbosity=2)
