"""Starts the window, or a command: `python main.py --help`."""

from app.cli import leave, main

if __name__ == "__main__":
    leave(main())
