"""Finds engines and opens files and folders with whichever fits."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import engines
from engines.core.checkpoint import Checkpoint
from engines.core.checkpoint_file import read_any
from engines.core.engine import Engine
from engines.core.errors import UserError

ENTRY_POINTS = "vantage.engines"


@cache
def _found() -> tuple[dict[str, Engine], dict[str, str]]:
    """Engines by name, and the reasons why others failed to import."""
    working: dict[str, Engine] = {}
    failed: dict[str, str] = {}
    modules = {
        module.name: f"engines.{module.name}.engine"
        for module in pkgutil.iter_modules(engines.__path__)
        # What has no engine.py is a part of one that is still being built.
        if module.ispkg and module.name != "core" and importlib.util.find_spec(f"engines.{module.name}.engine")
    }
    modules |= {entry.name: entry.value for entry in importlib.metadata.entry_points(group=ENTRY_POINTS)}
    for name, module in sorted(modules.items()):
        try:
            working[name] = cast(Engine, importlib.import_module(module.partition(":")[0]).ENGINE)
        except Exception as error:  # a plug-in may fail in any way; the others must still work
            failed[name] = f"{type(error).__name__}: {error}"
    return working, failed


def all_engines() -> Mapping[str, Engine]:
    """The engines that work here, by name."""
    return _found()[0]


def failed_engines() -> Mapping[str, str]:
    """Engines that failed to import, with the reason."""
    return _found()[1]


def find_engine(name: str) -> Engine:
    """The engine of that name.

    Raises:
        UserError: there is none, or it failed to import.
    """
    working, failed = _found()
    if name in working:
        return working[name]
    if name in failed:
        raise UserError(f"engine {name} can't be used: {failed[name]}")
    raise UserError(f"no method {name} is installed; there are {', '.join(working)}")


def read_checkpoint(path: Path) -> Checkpoint:
    """Opens a scene file, a run folder, or a file of an author's code, detected by its content.

    Raises:
        UserError: none of these, or damaged.
    """
    return read_any(Path(path), _read_upstream)


def _read_upstream(content: Mapping[str, Any], path: Path) -> Checkpoint:
    for engine in all_engines().values():
        if engine.recognises(content):
            return engine.read_upstream(content, path)
    titles = ", ".join(engine.title for engine in all_engines().values())
    raise UserError(f"{path}: a torch file, but not a checkpoint of a known method ({titles})")
