"""Scripts by which bash, zsh and fish complete the command line, without beginning the program for it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from app.commands.completable import Completion

Commands = Mapping[str, tuple[str, Sequence[Completion]]]
"""By name: what a command is for, and its arguments."""
PROGRAMS = ("vantage", "main.py")
"""What the program is called; `./vantage` is completed as `vantage` is, by all three shells."""
LAUNCHER = ("setup", "test", "benchmark", "docs")
"""What the launcher beside `main.py` does itself."""
MOST_ABOUT = 90
"""Letters of a description, as a shell has one line for it."""

BASH = """\
# Completion of `vantage` for bash, as `vantage completion bash` writes it.
_vantage_words() {
    local word
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$1" -- "$cur")
}
_vantage_paths() {
    local path
    compopt -o filenames 2>/dev/null
    while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$1" -- "$cur")
}
_vantage() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev= command=@DEFAULT@
    COMPREPLY=()
    if [ "$COMP_CWORD" -gt 1 ]; then
        prev=${COMP_WORDS[COMP_CWORD-1]}
        case ${COMP_WORDS[1]} in @ALTERNATIVES@) command=${COMP_WORDS[1]} ;; esac
    fi
    # --option=value is three words here.
    if [ "$cur" = "=" ]; then
        cur=
    elif [ "$prev" = "=" ]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    case "$command $prev" in
@VALUES@
    esac
    case $cur in
    -*)
        case $command in
@OPTIONS@
        esac
        return ;;
    esac
    if [ "$COMP_CWORD" = 1 ]; then
        _vantage_words "@COMMANDS@"
        case $1 in */*) [ -f "${1%/*}/main.py" ] && _vantage_words "@LAUNCHER@" ;; esac
    fi
    case $command in
@POSITIONALS@
    esac
}
complete -F _vantage @PROGRAMS@
"""

ZSH = """\
#compdef @PROGRAMS@
# Completion of `vantage` for zsh, as `vantage completion zsh` writes it.
_vantage_or_files() {
    _alternative "values:value:($*)" 'files:file:_files'
}
_vantage() {
    local curcontext="$curcontext" command=@DEFAULT@
    local -a commands
    commands=(
@COMMANDS@
    )
    if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
        _describe -t commands command commands
        _files
        return
    fi
    case $words[2] in
    @ALTERNATIVES@) command=$words[2]; shift words; (( CURRENT-- )) ;;
    esac
    case $command in
@ARGUMENTS@
    esac
}
if [ "$funcstack[1]" = _vantage ]; then _vantage "$@"; else compdef _vantage @PROGRAMS@; fi
"""

FISH = """\
# Completion of `vantage` for fish, as `vantage completion fish` writes it.
function __vantage_command
    set -l words (commandline -opc)
    if set -q words[2]; and contains -- $words[2] @COMMANDS@
        echo $words[2]
    else
        echo @DEFAULT@
    end
end
function __vantage_runs
    test (__vantage_command) = $argv[1]
end
function __vantage_first
    test (count (commandline -opc)) = 1
end
"""


def bash_script(commands: Commands, default: str) -> str:
    """The script for bash (3.2 and newer)."""
    values, options, positionals = [], [], []
    for name, (_, completions) in commands.items():
        for one in completions:
            if one.names and not one.is_flag:
                pattern = "|".join(shlex.quote(f"{name} {option}") for option in one.names)
                values.append(f"    {pattern}) {_bash_actions(one)}return ;;")
        written = " ".join(option for one in completions for option in one.names)
        options.append(f'        {name}) _vantage_words "{written}" ;;')
        actions = "".join(_bash_actions(one) for one in completions if not one.names)
        positionals.append(f"    {name}) {actions};;")
    return _filled(
        BASH,
        DEFAULT=default,
        ALTERNATIVES="|".join(commands),
        VALUES="\n".join(values),
        OPTIONS="\n".join(options),
        COMMANDS=" ".join(commands),
        LAUNCHER=" ".join(LAUNCHER),
        POSITIONALS="\n".join(positionals),
        PROGRAMS=" ".join(PROGRAMS),
    )


def _bash_actions(one: Completion) -> str:
    values = f"_vantage_words {shlex.quote(' '.join(one.values))}; " if one.values else ""
    paths = {"files": "_vantage_paths -f; ", "folders": "_vantage_paths -d; ", "": ""}[one.files]
    return values + paths


def zsh_script(commands: Commands, default: str) -> str:
    """The script for zsh."""
    arguments = []
    for name, (_, completions) in commands.items():
        specs = " \\\n        ".join(spec for one in completions for spec in _zsh_specs(one))
        arguments.append(f"    {name}) _arguments -S \\\n        {specs} ;;")
    return _filled(
        ZSH,
        PROGRAMS=" ".join(PROGRAMS),
        DEFAULT=default,
        COMMANDS="\n".join(
            f"        {shlex.quote(f'{name}:{_short(about)}')}" for name, (about, _) in commands.items()
        ),
        ALTERNATIVES="|".join(commands),
        ARGUMENTS="\n".join(arguments),
    )


def _zsh_specs(one: Completion) -> Iterator[str]:
    about = re.sub(r"([\[\]:\\])", r"\\\1", _short(one.about))
    paths = {"files": "_files", "folders": "_files -/", "": ""}[one.files]
    values = "(" + " ".join(one.values) + ")" if one.values else ""
    # The blank keeps zsh from putting options of its own before the values.
    action = f" _vantage_or_files {' '.join(one.values)}" if values and paths else values or paths
    if not one.names:
        yield shlex.quote(f"*:{about}:{action or ' '}")
    for name in one.names:
        # Any of them may stand there twice; then the last counts, or all do.
        yield shlex.quote(f"*{name}[{about}]" + ("" if one.is_flag else f":value:{action or ' '}"))


def fish_script(commands: Commands, default: str) -> str:
    """The script for fish (3.0 and newer)."""
    lines = [_filled(FISH, COMMANDS=" ".join(commands), DEFAULT=default)]
    for program in PROGRAMS:
        lines.append(f"complete -c {program} -f\n")
        for name, (about, completions) in commands.items():
            lines.append(f"complete -c {program} -n __vantage_first -a {name} -d {shlex.quote(_short(about))}\n")
            lines += [_fish_line(program, name, one) for one in completions]
    return "".join(lines)


def _fish_line(program: str, command: str, one: Completion) -> str:
    line = f"complete -c {program} -n '__vantage_runs {command}'"
    for name in one.names:
        line += f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}"
    if not one.is_flag and one.names:
        line += " -r" if one.files == "files" else " -x"
    elif one.files == "files":
        line += " -F"
    given = [*one.values, *(["(__fish_complete_directories)"] if one.files == "folders" else [])]
    if given:
        line += f" -a {_fish_quoted(' '.join(given))}"
    return f"{line} -d {_fish_quoted(_short(one.about))}\n"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _short(about: str) -> str:
    """A description for one line, without the shells' own signs."""
    text = about.replace("`", "").replace("'", "’")
    return text if len(text) <= MOST_ABOUT else text[: MOST_ABOUT - 1].rstrip() + "…"


def _filled(template: str, **parts: str) -> str:
    for name, text in parts.items():
        template = template.replace(f"@{name}@", text)
    return template
