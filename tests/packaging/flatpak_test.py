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
        icon = self.manifest["rename-icon"]
        self.assertIn(f"Icon={icon}\n", (DESKTOP / "overfeat-live.desktop").read_text())
        renamed = self.modules[-1]["post-install"][0].split()
        self.assertTrue((DESKTOP / Path(renamed[1]).name).is_file())
        self.assertEqual(Path(renamed[2]).stem, self.manifest["id"])

    def test_options_of_ours_are_there(self):
        listings = subprocess.run(
            ["git", "-C", str(SOURCE), "grep", "-h", "option(OVERFEAT_"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
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
