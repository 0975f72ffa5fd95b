# SPDX-License-Identifier: Apache-2.0
"""What a program of ours says with --help, of all its commands, as data."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field


@dataclass
class Option:
    """An option or, with a name without dashes, a positional argument."""

    names: list[str]
    text: str
    argument: str = ""
    choices: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    repeatable: bool = False


@dataclass
class Command:
    """A program (a path of one word) or one of its commands."""

    path: list[str]
    purpose: str
    usage: str
    positionals: list[Option] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    epilogue: list[str] = field(default_factory=list)

    def walk(self) -> list[Command]:
        """This command and all below it, in their order."""
        return [self] + [found for child in self.commands for found in child.walk()]


def help_of(program: str, path: list[str]) -> str:
    """The words of --help; they must not depend on who asks."""
    clean = {"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent", "LC_ALL": "C"}
    for name, value in os.environ.items():
        if name.startswith(("ASAN_", "LSAN_", "UBSAN_", "TSAN_", "LD_LIBRARY")):
            clean[name] = value
    return subprocess.run(
        [program, *path, "--help"],
        check=True,
        capture_output=True,
        text=True,
        env=clean,
    ).stdout


def parse_entry(left: str, text: str) -> Option:
    """One entry: what stands left of its description, and that."""
    names, _, rest = left.partition(" ")
    option = Option(names=names.split(","), text=text)
    relations = re.split(r" ?\b(Excludes|Needs): ", " " + rest)
    rest = relations[0].strip()
    for kind, others in zip(relations[1::2], relations[2::2]):
        words = ", ".join(others.split())
        option.remarks.append(
            f"not with {words}" if kind == "Excludes" else f"needs {words}"
        )
    if rest.endswith("REQUIRED"):
        option.remarks.append("required")
        rest = rest.removesuffix("REQUIRED").strip()
    if rest.endswith("..."):
        option.repeatable = True
        rest = rest.removesuffix("...").strip()
    # NAME:TYPE in [LEAST - MOST]=DEFAULT, of which only the name is sure to be there; CLI11 2.4 has
    # [DEFAULT] behind a blank instead.
    if default := re.search(
        r"=(?P<value>[^A-Z=][^=]*)$|(?<! in) \[(?P<later>[^\[\]]+)\]$", rest
    ):
        value = (default["value"] or default["later"]).strip("[]")
        option.remarks.append(f"default {value}")
        rest = rest[: default.start()]
    if bounds := re.search(r"(:[A-Z:]+)? in \[(\S+) - (\S+)\]$", rest):
        option.remarks.insert(0, f"{bounds[2]} to {bounds[3]}")
        rest = rest[: bounds.start()]
    if choices := re.search(r":\{([^}]*)\}$", rest):
        option.choices = choices[1].split(",")
        rest = rest[: choices.start()]
    option.argument = re.sub(r":(INT|UINT|FLOAT|TEXT|POSITIVE)$", "", rest)
    return option


def parse_help(program: str, path: list[str]) -> Command:
    """The command at a path, with all below it."""
    lines = help_of(program, path[1:]).splitlines()
    usage = next(i for i, line in enumerate(lines) if line.startswith("Usage: "))
    command = Command(
        path=path,
        purpose=" ".join(lines[:usage]).strip(),
        usage=lines[usage].removeprefix("Usage: "),
    )
    section = ""
    entries: list[tuple[str, str, str]] = []
    for line in lines[usage + 1 :]:
        if heading := re.fullmatch(r"(\w[\w ]*):", line):
            section = heading[1].lower()
        elif entry := re.fullmatch(r"  (\S.*?)(?:  +(.*))?", line) if section else None:
            entries.append((section, entry[1], entry[2] or ""))
        elif line.startswith("   ") and entries:
            kind, left, text = entries[-1]
            entries[-1] = (kind, left, f"{text} {line.strip()}".strip())
        elif line:
            section = ""
            command.epilogue.append(line)
    for kind, left, text in entries:
        if kind == "subcommands":
            command.commands.append(parse_help(program, [*path, left.split()[0]]))
        elif kind == "positionals":
            command.positionals.append(parse_entry(left, text))
        elif kind == "options":
            command.options.append(parse_entry(left, text))
        else:
            raise ValueError(f"{' '.join(path)} --help has a section '{kind}'")
    return command
