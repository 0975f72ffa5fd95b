# SPDX-License-Identifier: Apache-2.0
"""The man pages and completions that were built, against what the programs say with --help.

help_test.py FOLDER VERSION PROGRAM...
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packaging" / "help"))

from cli_help import help_of, parse_entry
from make_help import made_from

MADE = Path()
VERSION = ""
PROGRAMS: list[Path] = []


@cache
def commands_of(
    program: Path, path: tuple[str, ...] = ()
) -> dict[tuple[str, ...], str]:
    """All commands with their words of help; read in another way than the pages are made."""
    text = help_of(str(program), list(path))
    found = {path: text}
    _, _, below = text.partition("\nSubcommands:\n")
    for name in re.findall(r"^  ([a-z-]+) ", below, re.MULTILINE):
        found |= commands_of(program, (*path, name))
    return found


def options_in(text: str) -> set[str]:
    """The options that are described, with all dashes."""
    return set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", text, re.MULTILINE))


def has(tool: str) -> bool:
    """Whether a tool is there; if not, that is in the list of what was not checked."""
    if shutil.which(tool):
        return True
    print(f"SKIPPED-CAPABILITY packaging-tools: {tool}", flush=True)
    return False


def bash_offers(line: str) -> set[str]:
    """What Tab offers at the end of a line, as bash splits it."""
    words = [w for w in re.split(r"\s|(=)", line) if w] + [""] * line.endswith(
        (" ", "=")
    )
    if line.endswith("="):
        words.pop()
    program = words[0]
    script = """
        source "$1" && shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        "$(complete -p "$1" | sed 's/.*-F \\([^ ]*\\).*/\\1/')"
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    file = MADE / "bash-completion/completions" / program
    run = subprocess.run(
        ["bash", "-euc", script, "bash", str(file), *words],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(run.stdout.split())


def zsh_offers(line: str) -> set[str]:
    """What zsh's function adds at the end of a line."""
    words = line.split() + [""] * line.endswith(" ")
    script = """
        compadd() { shift; print -l -- "$@" }
        _files() { print FILES }
        file=$1 && shift
        words=("$@") CURRENT=$#
        source $file
    """
    file = MADE / f"zsh/site-functions/_{words[0]}"
    run = subprocess.run(
        ["zsh", "-fc", script, "zsh", str(file), *words],
        check=True,
        capture_output=True,
        text=True,
    )
    return {word for word in run.stdout.split() if word.startswith(words[-1])}


class Entry(unittest.TestCase):
    """One option of the help, as versions of CLI11 write it."""

    def test_has_its_default_whichever_version_wrote_it(self) -> None:
        """Behind an equals sign up to 2.3, in brackets since."""
        for left, argument, choices, remarks in (
            ("--merge KIND:{vote,nms}=vote", "KIND", ["vote", "nms"], ["default vote"]),
            (
                "--merge KIND:{vote,nms} [vote] ",
                "KIND",
                ["vote", "nms"],
                ["default vote"],
            ),
            ("--a N:INT in [0 - 8]=2", "N", [], ["0 to 8", "default 2"]),
            ("--a N:INT in [0 - 8] [2] ", "N", [], ["0 to 8", "default 2"]),
            ("--a N:INT in [0 - 8]", "N", [], ["0 to 8"]),
            ("--a NAME", "NAME", [], []),
        ):
            option = parse_entry(left.strip(), "")
            self.assertEqual(option.argument, argument, left)
            self.assertEqual(option.choices, choices, left)
            self.assertEqual(option.remarks, remarks, left)


class Help(unittest.TestCase):
    """What was built."""

    def test_is_of_these_programs(self) -> None:
        """Every file is what would be made now."""
        for name, text in made_from(PROGRAMS, VERSION).items():
            self.assertEqual((MADE / name).read_text(encoding="utf-8"), text, name)

    def test_pages_have_every_option(self) -> None:
        """In the section of its command."""
        for program in PROGRAMS:
            page = (MADE / f"man/man1/{program.name}.1").read_text(encoding="utf-8")
            page = page.replace("\\-", "-")
            sections = dict(
                re.findall(r"^\.SS (.*)\n((?:(?!\.S[SH]).*\n)*)", page, re.MULTILINE)
            )
            for path, text in commands_of(program).items():
                section = sections[" ".join([program.name, *path])] if path else page
                wanted = options_in(text) - {"--help"}
                said = set(re.findall(r"\\fB(--[a-z-]+)\\fR", section))
                self.assertEqual(said if path else said & wanted, wanted, path)
        self.assertGreater(len(options_in(help_of(str(PROGRAMS[0]), ["detect"]))), 20)

    def test_pages_are_good_roff(self) -> None:
        """By the tool that people read them with."""
        if not has("man"):
            return
        for program in PROGRAMS:
            page = MADE / f"man/man1/{program.name}.1"
            run = subprocess.run(
                ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(page)],
                check=True,
                capture_output=True,
                text=True,
            )
            self.assertEqual(run.stderr, "")

    def test_bash_offers_every_command_and_option(self) -> None:
        """And nothing else."""
        for program in PROGRAMS:
            commands = commands_of(program)
            for path, text in commands.items():
                line = " ".join([program.name, *path, ""])
                below = {p[-1] for p in commands if p[:-1] == path and p}
                self.assertEqual(bash_offers(line), below, line)
                offered = {word for word in bash_offers(line + "--") if word != "--"}
                self.assertEqual(offered, options_in(text), line)

    def test_bash_knows_values(self) -> None:
        """Where there are only some; of files it offers what bash does."""
        self.assertEqual(bash_offers("overfeat de"), {"detect", "devices"})
        self.assertEqual(bash_offers("overfeat detect --merge n"), {"nms"})
        self.assertEqual(
            bash_offers("overfeat detect --merge="), {"vote", "nms", "soft-nms"}
        )
        self.assertEqual(bash_offers("overfeat detect a.png --stri"), {"--stride"})
        self.assertEqual(bash_offers("overfeat detect --overlay "), set())
        self.assertEqual(bash_offers("overfeat-live --head"), {"--headless"})

    def test_zsh_offers_the_same(self) -> None:
        """Files where nothing is known."""
        if not has("zsh"):
            return
        for program in PROGRAMS:
            commands = commands_of(program)
            for path, text in commands.items():
                line = " ".join([program.name, *path, ""])
                below = {p[-1] for p in commands if p[:-1] == path and p}
                self.assertEqual(zsh_offers(line), below or {"FILES"}, line)
                offered = {word for word in zsh_offers(line + "-") if word != "-h"}
                self.assertEqual(offered, options_in(text), line)
        self.assertEqual(zsh_offers("overfeat detect --merge n"), {"nms"})

    def test_fish_offers_the_same(self) -> None:
        """Asked as fish asks."""
        if not has("fish"):
            return
        home = self.enterContext(tempfile.TemporaryDirectory())
        for program in PROGRAMS:
            file = MADE / f"fish/vendor_completions.d/{program.name}.fish"
            commands = commands_of(program)
            lines = {path: " ".join([program.name, *path]) for path in commands}
            script = f"source {file}\n"
            for path, line in lines.items():
                script += (
                    f"echo '#' {line}\ncomplete -C '{line} --'\ncomplete -C '{line} '\n"
                )
            run = subprocess.run(
                ["fish", "-c", script],
                check=True,
                capture_output=True,
                text=True,
                cwd=MADE,
                env={"PATH": os.environ["PATH"], "HOME": home, "LC_ALL": "C.UTF-8"},
            )
            answers = dict(
                block.split("\n", 1) for block in ("\n" + run.stdout).split("\n# ")[1:]
            )
            for path, line in lines.items():
                words = {answer.split("\t")[0] for answer in answers[line].splitlines()}
                below = {p[-1] for p in commands if p[:-1] == path and p}
                self.assertLessEqual(below | options_in(commands[path]), words, line)
                self.assertEqual(
                    {word for word in words if word.startswith("--")},
                    options_in(commands[path]),
                    line,
                )


if __name__ == "__main__":
    MADE, VERSION = Path(sys.argv[1]).resolve(), sys.argv[2]
    PROGRAMS = [Path(program) for program in sys.argv[3:]]
    unittest.main(argv=sys.argv[:1])
