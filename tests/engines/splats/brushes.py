"""A pretended Brush on PATH: takes the words that Brush takes, and writes scenes where they say, as slowly as told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

PROGRAM = """#!{python}
import json, pathlib, shutil, sys, time
here = pathlib.Path(__file__).parent
words = sys.argv[1:]
(here / "words.json").write_text(json.dumps(words))
exports = pathlib.Path(words[words.index("--export-path") + 1])
name = words[words.index("--export-name") + 1]
exports.mkdir(parents=True, exist_ok=True)
for number, source in enumerate(sorted((here / "scenes").glob("*.ply")), 1):
    whole = source.read_bytes()
    with (exports / name.replace("{{iter}}", str(500 * number))).open("wb") as file:
        for part in (whole[: len(whole) // 2], whole[len(whole) // 2 :]):
            file.write(part)
            file.flush()
            time.sleep({part_s})
    while not (here / f"go_on_{{number}}").exists():
        time.sleep(0.02)
print("what it says")
sys.exit({code})
"""


def put_on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, code: int = 0, part_s: float = 0.0) -> Path:
    """The folder of the program: `scenes/` holds what it is to write, a file `go_on_N` has it go on after the Nth."""
    there = folder / "bin"
    (there / "scenes").mkdir(parents=True)
    program = there / "brush"
    program.write_text(PROGRAM.format(python=sys.executable, code=code, part_s=part_s), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{there}{os.pathsep}{os.environ['PATH']}")
    return there
