# SPDX-License-Identifier: Apache-2.0
"""A manual page of a program, in the language of man(7)."""

from __future__ import annotations

from cli_help import Command, Option


def escaped(text: str) -> str:
    """Text as text: dashes as they are typed, no requests at the beginning."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\\&" + text if text.startswith(".") else text


def sentence(text: str) -> str:
    """With a full stop; what begins small may be a word to be typed, and stays."""
    return text if text.endswith((".", "!", "?")) else text + "."


def entry(option: Option) -> list[str]:
    """An option or a positional argument with its description."""
    if option.names[0].startswith("-"):
        head = ", ".join(f"\\fB{escaped(name)}\\fR" for name in option.names)
        if option.argument:
            head += f" \\fI{escaped(option.argument)}\\fR"
    else:
        head = f"\\fI{escaped(option.names[0])}\\fR"
    remarks = list(option.remarks)
    if option.choices:
        remarks.insert(0, "one of " + ", ".join(option.choices))
    if option.repeatable:
        remarks.append("may be several")
    lines = [".TP", head, escaped(sentence(option.text))]
    if remarks:
        lines.append(escaped(f"({'; '.join(remarks)})"))
    return lines


def entries(command: Command) -> list[str]:
    """All of a command, without --help, which every command has."""
    wanted = [
        *command.positionals,
        *(option for option in command.options if "--help" not in option.names),
    ]
    return [line for option in wanted for line in entry(option)]


def man_page(program: Command, version: str, others: list[str]) -> str:
    """The page of a program; it says where else to look."""
    name = program.path[0]
    purpose = program.purpose.partition(": ")[2].rstrip(".") or program.purpose
    lines = [
        '.\\" SPDX-License-Identifier: Apache-2.0',
        '.\\" Made from --help (packaging/help).',
        f'.TH {name.upper()} 1 "" "OverFeat Live {version}" "User Commands"',
        ".SH NAME",
        f"{escaped(name)} \\- {escaped(purpose)}",
        ".SH SYNOPSIS",
        ".nf",
    ]
    commands = program.walk()[1:]
    for command in [program, *commands]:
        if not command.commands:
            lines.append(escaped(command.usage))
    lines += [f"{escaped(name)} \\-\\-help", ".fi", ".SH DESCRIPTION"]
    lines.append(escaped(sentence(purpose[:1].upper() + purpose[1:])))
    exits = "Exit codes: "
    for line in program.epilogue:
        if not line.startswith(exits):
            lines += [".PP", escaped(line)]
    lines += [".SH OPTIONS", *entries(program)]
    lines += [".TP", "\\fB\\-h\\fR, \\fB\\-\\-help\\fR"]
    lines.append("Say what the program, or a command, can do.")
    if commands:
        lines.append(".SH COMMANDS")
    for command in commands:
        lines += [f".SS {escaped(' '.join(command.path))}"]
        lines.append(escaped(sentence(command.purpose)))
        lines += entries(command)
    for line in program.epilogue:
        if line.startswith(exits):
            lines.append(".SH EXIT STATUS")
            for code in line.removeprefix(exits).rstrip(".").split(", "):
                number, _, meaning = code.partition(" ")
                lines += [".TP", f"\\fB{number}\\fR", escaped(sentence(meaning))]
    lines += [".SH FILES", ".TP", "\\fI~/.local/share/overfeat\\-live\\fR"]
    lines.append("What was taught, and models that were fetched.")
    lines += [".TP", "\\fI~/.config/overfeat\\-live\\fR", "Settings of the window."]
    lines.append(".SH SEE ALSO")
    lines += [f".BR {other} (1)" for other in others]
    return "\n".join(lines) + "\n"
