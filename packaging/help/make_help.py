#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes man pages and shell completions of our programs, from what they say with --help."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli_help import parse_help
from completion import bash_completion, fish_completion, zsh_completion
from man_page import man_page


def made_from(programs: list[Path], version: str) -> dict[str, str]:
    """The files, by their names below share/."""
    names = [program.name for program in programs]
    files = {}
    for program in programs:
        name = program.name
        command = parse_help(str(program), [name])
        others = [other for other in names if other != name]
        files[f"man/man1/{name}.1"] = man_page(command, version, others)
        files[f"bash-completion/completions/{name}"] = bash_completion(command)
        files[f"zsh/site-functions/_{name}"] = zsh_completion(command)
        files[f"fish/vendor_completions.d/{name}.fish"] = fish_completion(command)
    return files


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version-text", required=True, metavar="VERSION")
    parser.add_argument("--into", required=True, type=Path, metavar="FOLDER")
    parser.add_argument("programs", nargs="+", type=Path, metavar="PROGRAM")
    given = parser.parse_args()
    for name, text in made_from(given.programs, given.version_text).items():
        file = given.into / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
