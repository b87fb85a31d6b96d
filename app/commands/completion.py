"""`main.py completion`: a script by which a shell completes commands, options and files."""

from __future__ import annotations

import argparse
import sys

SHELLS = ("bash", "zsh", "fish")
PLACES = (
    "Where each shell looks for it: bash in ~/.local/share/bash-completion/completions/vantage, zsh in a file _vantage "
    "of a folder of $fpath, fish in ~/.config/fish/completions/vantage.fish. Write it anew when a method was installed."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("shell", choices=SHELLS, help="the shell that the script is for")
    parser.epilog = PLACES


def run(arguments: argparse.Namespace) -> int:
    """Prints the script."""
    # Here, as they ask every command, and so import torch, which `--help` needs not.
    from app import cli
    from app.commands.completable import completions
    from app.commands.completion_scripts import bash_script, fish_script, zsh_script

    commands = {name: (about, completions(name)) for name, about in cli.COMMANDS.items()}
    make = {"bash": bash_script, "zsh": zsh_script, "fish": fish_script}[arguments.shell]
    sys.stdout.write(make(commands, cli.DEFAULT_COMMAND))
    return 0
