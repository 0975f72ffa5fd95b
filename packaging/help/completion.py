# SPDX-License-Identifier: Apache-2.0
"""Completion of commands, options and the values that are known, for bash and fish."""

from __future__ import annotations

import shlex

from cli_help import Command

HEAD = "# SPDX-License-Identifier: Apache-2.0\n# Made from --help (packaging/help).\n"


def flags(command: Command) -> list[str]:
    """All spellings of all options of a command."""
    return [name for option in command.options for name in option.names]


def bash_completion(program: Command) -> str:
    """Without the package bash-completion, too: the file can be sourced."""
    name = program.path[0]
    function = "_" + name.replace("-", "_")
    reached, known, values = [], [], []
    for command in program.walk():
        path = " ".join(command.path[1:])
        if path:
            before = " ".join(command.path[1:-1])
            reached.append(
                f"            {shlex.quote(f'{before}:{command.path[-1]}')}) command={shlex.quote(path)} ;;"
            )
        words = [child.path[-1] for child in command.commands]
        known.append(
            f"        {shlex.quote(path)}) commands={shlex.quote(' '.join(words))}"
            f" options={shlex.quote(' '.join(flags(command)))} ;;"
        )
        for option in command.options:
            if option.choices:
                spellings = "|".join(shlex.quote(f"{path}:{n}") for n in option.names)
                values.append(
                    f"        {spellings}) options={shlex.quote(' '.join(option.choices))} commands='' ;;"
                )
    lines = [
        f"{function}() {{",
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}",
        "    local command='' commands='' options='' i",
        "    # --option=value is three words.",
        "    if [[ $word == '=' ]]; then word=''; elif [[ $before == '=' ]]; then before=${COMP_WORDS[COMP_CWORD - 2]}; fi",
        "    for ((i = 1; i < COMP_CWORD; ++i)); do",
    ]
    if reached:
        lines += [
            '        case "$command:${COMP_WORDS[i]}" in',
            *reached,
            "        esac",
        ]
    else:
        lines += ["        :"]
    lines += ["    done", '    case "$command" in', *known, "    esac"]
    if values:
        lines += [
            '    case "$command:$before" in',
            *(line.replace(" commands='' ;;", " commands='' ;;") for line in values),
            '        *) [[ $word == -* ]] || options="" ;;',
            "    esac",
        ]
    else:
        lines += ['    [[ $word == -* ]] || options=""']
    lines += [
        "    # Of what is left, files.",
        '    mapfile -t COMPREPLY < <(compgen -W "$commands $options" -- "$word")',
        "}",
        f"complete -o default -o bashdefault -F {function} {name}",
    ]
    return HEAD + "\n".join(lines) + "\n"


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
