"""Draws pictures anew and shows how they differ from the stored ones: `python -m tests.pictures [--accept] [NAME ...]`.

Writes a page with stored, new and difference side by side; `--accept` takes the new ones over. `--guide` does so with
the pictures of the guide's pages and of the start page.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.pictures import album
from tests.pictures.album import DRAWING, REPOSITORY, Verdict, judge, read, store, stored_path, write_page
from tests.pictures.contents import ALL, GUIDE_PICTURES, PICTURES


def main(words: Sequence[str]) -> int:
    """The exit code: 1 where something differs and is not taken over, or can't be drawn."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.pictures", description="Pictures of the window and of frames."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="all that the tests compare by default")
    parser.add_argument("--guide", action="store_true", help="all of the guide, such as docs/window; takes minutes")
    parser.add_argument("--accept", action="store_true", help="store the new ones")
    chosen = parser.parse_args(words)
    if unknown := sorted(set(chosen.names) - set(ALL)):
        parser.error(f"no picture {', '.join(unknown)}; there are {', '.join(ALL)}")
    names = [*chosen.names, *(GUIDE_PICTURES if chosen.guide else ())] or list(PICTURES)
    shutil.rmtree(album.NEW, ignore_errors=True)
    drawn = album.NEW / "drawn"
    whole = draw(names, drawn)
    verdicts = [told(name, drawn) for name in names]
    for verdict in verdicts:
        if verdict.text:
            sys.stdout.write(f"{verdict.text}\n")
    if chosen.accept:
        take_over(verdicts, drawn)
    differing = [verdict for verdict in verdicts if verdict.text]
    sys.stdout.write(f"{len(differing)} of {len(names)} differ: {write_page(verdicts)}\n")
    return 0 if whole and (chosen.accept or not differing) else 1


def draw(names: Sequence[str], folder: Path) -> bool:
    """Has the tests draw pictures to `folder`; whether all could be."""
    tests = sorted({f"{Path(__file__).parent / ALL[name].test}" for name in names})
    environment = {**os.environ, DRAWING: str(folder)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=REPOSITORY, env=environment).returncode == 0


def told(name: str, drawn: Path) -> Verdict:
    """How a picture in the folder `drawn` differs."""
    path = drawn / f"{name}.png"
    if not path.exists():
        return Verdict(name, f"{name}: was not drawn")
    return judge(name, read(path), ALL[name].tolerance)


def take_over(verdicts: Sequence[Verdict], drawn: Path) -> None:
    """Stores the new pictures of what differs, and forgets what is pictured no more."""
    for verdict in verdicts:
        if verdict.text and (drawn / f"{verdict.name}.png").exists():
            store(verdict.name, read(drawn / f"{verdict.name}.png"))
    for path in album.STORED.glob("*"):
        if path not in {stored_path(name) for name in PICTURES}:
            path.unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
