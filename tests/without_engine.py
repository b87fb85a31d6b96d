"""Runs the tests on a copy of the program without an engine: `python -m tests.without_engine NAME [pytest arguments]`.

The folders `engines/NAME` and `tests/engines/NAME` are left out, and nothing else: presets, demo scenes and tests of a
method are in them, or know that it may be gone. `NAME` may be several, with commas between, or `all`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("app", "checkpoints", "configs", "docs", "engines", "tests")
NOT_COPIED = ("__pycache__", ".*_cache")


def engine_names() -> list[str]:
    """All that have a folder."""
    return sorted(path.parent.name for path in ROOT.glob("engines/*/engine.py") if path.parent.name != "core")


def copy_without(names: Sequence[str], folder: Path) -> Path:
    """The program in `folder`, without the engines `names`."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(*NOT_COPIED))
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy(path, folder / path.name)
    for name in names:
        shutil.rmtree(folder / "engines" / name)
        shutil.rmtree(folder / "tests" / "engines" / name)
    return folder


def main(words: Sequence[str]) -> int:
    """The exit code of pytest."""
    known = engine_names()
    names = known if words and words[0] == "all" else words[0].split(",") if words else []
    if not names or set(names) - set(known):
        sys.stderr.write(f"usage: python -m tests.without_engine NAME [pytest arguments]; names: {', '.join(known)}\n")
        return 2
    shared = os.environ.get("VANTAGE_SHARED", str(ROOT.parent / "shared"))
    with tempfile.TemporaryDirectory(prefix="without-") as folder:
        copy = copy_without(names, Path(folder))
        environment = {**os.environ, "VANTAGE_SHARED": shared}
        # It names the tests of the tree that was copied.
        environment.pop("PYTHONPATH", None)
        return subprocess.run([sys.executable, "-m", "pytest", *words[1:]], cwd=copy, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
