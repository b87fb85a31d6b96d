"""Starts the window, or a command: `python main.py --help`."""

import gc

from app.cli import leave, main

if __name__ == "__main__":
    # Importing makes a million objects that all stay; to look through them again and again takes a sixth of the start.
    # The command line has it done again when all is imported.
    gc.disable()
    leave(main())
