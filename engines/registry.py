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
from engines.core.abilities import KnowsWeights, ReadsUpstream
from engines.core.checkpoint import Checkpoint
from engines.core.checkpoint_file import read_any
from engines.core.config import Options, TrainingConfig, make_options
from engines.core.engine import AnyEngine
from engines.core.errors import UserError
from engines.core.reading import reading, shortened

ENTRY_POINTS = "vantage.engines"
METHODS = ("open", "train", "resume")
"""Of an engine."""


@cache
def _found() -> tuple[dict[str, AnyEngine], dict[str, str]]:
    """Engines by name, and the reasons why others failed to import."""
    working: dict[str, AnyEngine] = {}
    failed: dict[str, str] = {}
    modules = {
        module.name: f"engines.{module.name}.engine"
        for module in pkgutil.iter_modules(engines.__path__)
        # What has no engine.py is a part of one that is still being built.
        if module.ispkg and module.name != "core" and importlib.util.find_spec(f"engines.{module.name}.engine")
    }
    installed = {entry.name: entry.value for entry in importlib.metadata.entry_points(group=ENTRY_POINTS)}
    for name in modules.keys() & installed.keys():
        failed[f"{name} of {shortened(installed[name])}"] = f"the name {name} is taken by a method of this program"
    for name, module in sorted((installed | modules).items()):
        try:
            working[name] = _checked(importlib.import_module(module.partition(":")[0]).ENGINE)
        # A plug-in may fail in any way, also by ending the program; the others must still work.
        except (Exception, SystemExit) as error:
            failed[name] = shortened(f"{type(error).__name__}: {error}", 300)
    return working, failed


def _checked(engine: object) -> AnyEngine:
    """An engine that has what engines have.

    Raises:
        TypeError: names what it lacks.
    """
    if isinstance(engine, type):
        raise TypeError("ENGINE is a class; it must be an object")
    lacking = [name for name in ("name", "title") if not isinstance(getattr(engine, name, None), str)]
    lacking += [name for name in METHODS if not callable(getattr(engine, name, None))]
    lacking += [
        name
        for name, kind in (("Config", TrainingConfig), ("SceneOptions", Options))
        if not (isinstance(found := getattr(engine, name, None), type) and issubclass(found, kind))
    ]
    if lacking:
        raise TypeError(f"ENGINE, a {type(engine).__name__}, lacks {', '.join(lacking)}")
    return cast(AnyEngine, engine)


def all_engines() -> Mapping[str, AnyEngine]:
    """The engines that work here, by name."""
    return _found()[0]


def failed_engines() -> Mapping[str, str]:
    """Engines that failed to import, with the reason."""
    return _found()[1]


def find_engine(name: str) -> AnyEngine:
    """The engine of that name.

    Raises:
        UserError: there is none, or it failed to import.
    """
    working, failed = _found()
    if name in working:
        return working[name]
    if name in failed:
        raise UserError(f"engine {name} can't be used: {failed[name]}")
    raise UserError(f"no method {shortened(name)} is installed; there are {', '.join(working)}")


def read_checkpoint(path: Path) -> Checkpoint:
    """Opens a scene file, a run folder, or a file of an author's code, detected by its content.

    Raises:
        UserError: none of these, or damaged: also where its weights don't fit its configuration.
    """
    path = Path(path)
    checkpoint = read_any(path, _read_upstream)
    require_whole(checkpoint, path)
    return checkpoint


def require_whole(checkpoint: Checkpoint, path: Path) -> None:
    """Whether the network that a configuration tells of is the one that the weights are of.

    Raises:
        UserError: names the file and the field or the tensor that is wrong.
    """
    engine = all_engines().get(checkpoint.engine)
    if engine is None or not isinstance(engine, KnowsWeights):
        return
    config = make_options(engine.Config, checkpoint.config, f"{path}: its configuration")
    with reading(path, "its configuration tells of a network that can't be"):
        needed = engine.weights_to_draw(config, checkpoint.weights)
    for name, expected in needed.items():
        tensor = checkpoint.weights.get(name)
        if tensor is None:
            raise UserError(f"{path}: tensor {name} is missing; the file is not whole")
        if tensor.shape != expected.shape:
            raise UserError(
                f"{path}: tensor {name} is {list(tensor.shape)}; its configuration needs {list(expected.shape)}"
            )


def _read_upstream(content: Mapping[str, Any], path: Path) -> Checkpoint:
    doubtful = []
    for name, engine in all_engines().items():
        if not isinstance(engine, ReadsUpstream):
            continue
        try:
            recognised = engine.recognises(content)
        except Exception as error:  # a plug-in may fail in any way; the file may be another engine's
            doubtful.append(f"; {name} failed to look at it ({shortened(f'{type(error).__name__}: {error}')})")
            continue
        if recognised:
            with reading(path, f"can't be read as a checkpoint of {name}"):
                return engine.read_upstream(content, path)
    titles = ", ".join(engine.title for engine in all_engines().values())
    raise UserError(f"{path}: a torch file, but not a checkpoint of a known method ({titles}){''.join(doubtful)}")
