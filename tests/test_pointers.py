"""What docstrings and CONTRIBUTING point at in backticks is there: files, and modules with what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("app", "engines", "engines/core", "app/gui", "tests", "")
"""Where a pointer may begin, besides the folder of the file that has it."""
OF_OTHERS = {"llff/math/pose_math.py", "save_weights_only.py", "render.py", "eval_meshes.py", "generate.py"}
"""Files of authors' code."""
FILE = re.compile(r"`([\w/]+\.py)`")
MODULE = re.compile(r"`((?:app|engines|tests)(?:\.\w+)+)`")


def stale(path: Path, text: str) -> Iterator[str]:
    """What the text of a file at `path` points at and is not there."""
    for found in FILE.findall(text):
        begins = (path.parent, *(ROOT / folder for folder in FOLDERS))
        if found not in OF_OTHERS and not any((begin / found).is_file() for begin in begins):
            yield found
    yield from (found for found in MODULE.findall(text) if not _is_there(found.split(".")))


def _is_there(parts: list[str]) -> bool:
    """Whether a module is there and, where more stands behind its name, says that."""
    for count in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:count])
        file = place.with_suffix(".py") if place.with_suffix(".py").is_file() else place / "__init__.py"
        if file.is_file():
            return all(re.search(rf"\b{name}\b", file.read_text(encoding="utf-8")) for name in parts[count:])
        if place.is_dir():
            return count == len(parts)
    return False


@pytest.mark.parametrize("folder", ["app", "engines"])
def test_no_pointer_is_stale(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    found = {file: list(stale(file, file.read_text(encoding="utf-8"))) for file in files}
    assert {file.name: pointers for file, pointers in found.items() if pointers} == {}


def test_contributing_points_at_what_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    # A line of the table of folders names a file within its folder.
    rows = re.findall(r"^\| ((?:`[\w/]+`(?:, )?)+) \|.*\| ((?:`[\w/]+\.py`(?:, )?)+) \|$", text, re.MULTILINE)
    assert len(rows) > 20
    for folders, files in rows:
        for folder, file in zip(re.findall(r"`([^`]+)`", folders), re.findall(r"`([^`]+)`", files), strict=False):
            assert list((ROOT / folder).rglob(file)), (folder, file)
    prose = "\n".join(line for line in text.splitlines() if not line.startswith("|"))
    names = {path.name for path in ROOT.glob("*/**/*.py")}
    assert [found for found in stale(ROOT / "CONTRIBUTING.md", prose) if "/" in found or found not in names] == []


def test_a_stale_pointer_is_found() -> None:
    text = "see `no_such.py`, `camera.py`, `engines.core.camera.Camera`, `engines.core.camera.NoSuch`, `app.nowhere.x`"
    found = list(stale(ROOT / "engines" / "core" / "frame.py", text))
    assert found == ["no_such.py", "engines.core.camera.NoSuch", "app.nowhere.x"]
