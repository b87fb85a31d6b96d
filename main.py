"""Starts the window, or a command: `python main.py --help`."""

import gc
from typing import NoReturn


def run() -> NoReturn:
    """Does what the command line says, and ends the process."""
    # Importing makes a million objects that all stay; to look through them again and again takes a sixth of the start.
    # The command line has it done again when all is imported.
    gc.disable()
    from app.cli import leave, main

    leave(main())


if __name__ == "__main__":
    run()
