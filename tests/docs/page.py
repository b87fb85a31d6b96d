"""What stands in `docs/add-a-method.md`, as files, and the method that it makes, put among the program's."""

from __future__ import annotations

import importlib.metadata
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

import engines
from engines import registry

PAGE = Path(__file__).resolve().parents[2] / "docs" / "add-a-method.md"
METHOD = "radiance_grid"
ENGINE = f"engines/{METHOD}/engine.py"


def blocks(kind: str, place: str = "") -> list[str]:
    """The page's blocks of code of a kind, of those that name a file those of `place`."""
    head = re.escape(f"{kind} {place}".strip())
    return re.findall(rf"^```{head}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.M | re.S)


def engine_source() -> str:
    """The method's one file, of all the blocks in their order."""
    return "\n\n".join(blocks("python", ENGINE))


def recipe(name: str) -> dict[str, str]:
    """The page's block of that name, in parts: what stands behind `# In ...` by these words, all before by ""."""
    (block,) = blocks("python", f"recipe {name}")
    first, *others = re.split(r"^# (In .*)$", block, flags=re.M)
    return {"": first, **dict(zip(others[::2], others[1::2], strict=True))}


def commands() -> list[list[str]]:
    """The words after `./vantage` of each command that is to be typed."""
    lines = "\n".join(blocks("sh")).splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("./vantage")]


def write_method(folder: Path, source: str | None = None) -> Path:
    """Writes the method's folder into `folder`; gives it."""
    method = folder / METHOD
    (method / "presets").mkdir(parents=True)
    (method / "engine.py").write_text(source or engine_source(), encoding="utf-8")
    (preset,) = blocks("yaml", f"engines/{METHOD}/presets/preview.yaml")
    (method / "presets" / "preview.yaml").write_text(preset, encoding="utf-8")
    return method


def mypy_says(files: Sequence[Path]) -> str:
    """What mypy says of them, as strict as it is with the house; a second where it has looked at the house before."""
    root = PAGE.parents[1]
    command = [sys.executable, "-m", "mypy", "--config-file", str(root / "pyproject.toml"), *map(str, files)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True).stdout


@contextmanager
def among_engines(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The methods in `folder` are found as if they stood in `engines/`; nothing is installed besides."""
    monkeypatch.setattr(engines, "__path__", [*engines.__path__, str(folder)])
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [])
    registry._found.cache_clear()
    try:
        yield
    finally:
        monkeypatch.undo()
        registry._found.cache_clear()
        for name in [name for name in sys.modules if name.startswith(f"engines.{METHOD}")]:
            del sys.modules[name]
        if hasattr(engines, METHOD):
            delattr(engines, METHOD)
