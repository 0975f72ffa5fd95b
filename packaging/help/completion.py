# SPDX-License-Identifier: Apache-2.0
"""Completion of commands, options and the values that are known, for bash, zsh and fish."""

from __future__ import annotations

import shlex

from cli_help import Command

HEAD = "# SPDX-License-Identifier: Apache-2.0\n# Made from --help (packaging/help).\n"


def flags(command: Command) -> list[str]:
    """All spellings of all options of a command."""
    return [name for option in command.options for name in option.names]


def cases(program: Command) -> dict[str, list[str]]:
    """What bash and zsh have in common: which command a word leads to, what may follow a command, and which
    values an option takes."""
    arms: dict[str, list[str]] = {"reached": [], "known": [], "values": []}
    for command in program.walk():
        path = " ".join(command.path[1:])
        if path:
            word = f"{' '.join(command.path[1:-1])}:{command.path[-1]}"
            arms["reached"].append(f"{shlex.quote(word)}) at={shlex.quote(path)} ;;")
        below = shlex.quote(" ".join(child.path[-1] for child in command.commands))
        dashed = shlex.quote(" ".join(flags(command)))
        arms["known"].append(f"{shlex.quote(path)}) below={below} dashed={dashed} ;;")
        for option in command.options:
            if option.choices:
                spellings = "|".join(shlex.quote(f"{path}:{n}") for n in option.names)
                values = shlex.quote(" ".join(option.choices))
                arms["values"].append(f"{spellings}) below={values} dashed='' ;;")
    return arms


def switch(subject: str, arms: list[str], depth: int) -> list[str]:
    """A case statement, if there is anything to decide."""
    before = "    " * depth
    if not arms:
        return [f"{before}:"]
    inner = [f"{before}    {arm}" for arm in arms]
    return [f'{before}case "{subject}" in', *inner, f"{before}esac"]


def bash_completion(program: Command) -> str:
    """Without the package bash-completion, too: the file can be sourced."""
    name = program.path[0]
    function = "_" + name.replace("-", "_")
    arms = cases(program)
    lines = [
        f"{function}() {{",
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}",
        "    local at='' below='' dashed='' i",
        "    # --option=value is three words.",
        "    if [[ $word == '=' ]]; then word=''; elif [[ $before == '=' ]]; then before=${COMP_WORDS[COMP_CWORD - 2]}; fi",
        "    for ((i = 1; i < COMP_CWORD; ++i)); do",
        *switch("$at:${COMP_WORDS[i]}", arms["reached"], 2),
        "    done",
        *switch("$at", arms["known"], 1),
        *switch("$at:$before", arms["values"], 1),
        "    [[ $word != -* ]] || below=$dashed",
        "    # Where nothing is known, files.",
        '    mapfile -t COMPREPLY < <(compgen -W "$below" -- "$word")',
        "}",
        f"complete -o default -o bashdefault -F {function} {name}",
    ]
    return HEAD + "\n".join(lines) + "\n"


def zsh_completion(program: Command) -> str:
    """A function that zsh loads by its name."""
    arms = cases(program)
    lines = [
        f"#compdef {program.path[0]}",
        HEAD.rstrip("\n"),
        "local before=${words[CURRENT - 1]} at='' below='' dashed='' i",
        "for ((i = 2; i < CURRENT; ++i)); do",
        *switch("$at:${words[i]}", arms["reached"], 1),
        "done",
        *switch("$at", arms["known"], 0),
        *switch("$at:$before", arms["values"], 0),
        "[[ ${words[CURRENT]} != -* ]] || below=$dashed",
        "if [[ -n $below ]]; then compadd -- ${=below}; else _files; fi",
    ]
    return "\n".join(lines) + "\n"


def fish_quoted(text: str) -> str:
    """As one word."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_completion(program: Command) -> str:
    """Which command a line is in is asked of fish's own functions."""
    name = program.path[0]
    lines = []
    for command in program.walk():
        path, children = command.path[1:], [c.path[-1] for c in command.commands]
        conditions = [f"__fish_seen_subcommand_from {word}" for word in path]
        if children:
            others = " ".join(children)
            conditions.append(f"not __fish_seen_subcommand_from {others}")
        when = f" -n {fish_quoted('; and '.join(conditions))}" if conditions else ""
        for child in command.commands:
            lines.append(
                f"complete -c {name} -f{when} -a {child.path[-1]} -d {fish_quoted(child.purpose)}"
            )
        for option in command.options:
            line = f"complete -c {name}{when}"
            for spelling in option.names:
                kind = "-l" if spelling.startswith("--") else "-s"
                line += f" {kind} {spelling.lstrip('-')}"
            if option.choices:
                line += f" -x -a {fish_quoted(' '.join(option.choices))}"
            elif option.argument:
                line += " -r"
            lines.append(f"{line} -d {fish_quoted(option.text)}")
    return HEAD + "\n".join(lines) + "\n"
