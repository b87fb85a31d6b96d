"""Finds engines and opens files and folders with whichever fits."""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

import engines
from engines.core.abilities import HasConfigurationFile, KnowsWeights, ReadsFiles, ReadsUpstream, WritesFiles
from engines.core.config import make_options
from engines.core.contract import checked_engine
from engines.core.engine import AnyEngine
from engines.core.errors import BrokenContract, UserError
from engines.core.reading import reading, shortened
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.checkpoint_file import kind_of, read_any
from engines.core.storage.published_name import named_hash
from engines.core.storage.run_folder import is_run_folder
from engines.core.storage.tensor_bundle import holds_bundle

_log = logging.getLogger(__name__)

ENTRY_POINTS = "vantage.engines"
ENGINE = "ENGINE"
"""What an engine's module calls it."""
CORE = "core"
"""The folder beside the engines' that they share."""


@dataclass(frozen=True)
class Origin:
    """The place that a method comes from.

    Attributes:
        module: that holds it.
        package: the installed package that brings it, with its version; "" of one in this program's `engines/`.
        places: files and folders that its own code is in.
    """

    module: str
    package: str = ""
    places: tuple[Path, ...] = ()

    @property
    def text(self) -> str:
        """The package, else the module as a path, for people to read."""
        return self.package or self.module.removesuffix(".engine").replace(".", "/")


@dataclass(frozen=True)
class _Found:
    working: dict[str, AnyEngine] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)


@dataclass(frozen=True)
class _Candidate:
    """What says that it is an engine."""

    name: str
    module: str
    attribute: str = ENGINE
    package: str = ""

    @property
    def text(self) -> str:
        return self.package or self.module


@cache
def _found() -> _Found:
    """All engines; of those that can't be used the reason."""
    found, candidates = _Found(), dict[str, list[_Candidate]]()
    for candidate in (*_folders(), *_plug_ins()):
        candidates.setdefault(candidate.name, []).append(candidate)
    for name, claiming in sorted(candidates.items()):
        first, *others = claiming
        if others and not first.package:
            # A folder of this program keeps its name, whatever is installed beside it.
            for other in others:
                found.failed[f"{name} of {shortened(other.text)}"] = (
                    f"the name {name} is taken by a method of this program"
                )
        elif others:
            # Which of them a scene file means, nobody knows.
            who = " and ".join(shortened(candidate.text) for candidate in claiming)
            found.failed[name] = f"the name {name} is taken twice, by {who}; uninstall one of them"
            continue
        try:
            found.working[name] = checked_engine(getattr(importlib.import_module(first.module), first.attribute), name)
            found.origins[name] = Origin(first.module, first.package, tuple(_places(first)))
        except BrokenContract as error:
            found.failed[name] = shortened(error, 1000)
        # A plug-in may fail in any way, also by ending the program; the others must still work.
        except (Exception, SystemExit) as error:
            text = error.msg if isinstance(error, SyntaxError) else error
            found.failed[name] = shortened(f"{type(error).__name__}: {text}", 300) + _where(error)
    return found


def _where(error: BaseException) -> str:
    """The innermost line of code of a module that failed to import, in brackets."""
    if isinstance(error, SyntaxError) and error.filename:
        return _line_of(error.filename, error.lineno)
    frames = traceback.extract_tb(error.__traceback__)[1:]
    own = [frame for frame in frames if not frame.filename.startswith("<") and "importlib" not in frame.filename]
    return _line_of(own[-1].filename, own[-1].lineno) if own else ""


def _line_of(filename: str, line: int | None) -> str:
    # Every method has an engine.py; the folder says whose it is.
    return f" ({Path(filename).parent.name}/{Path(filename).name}, line {line})"


def _folders() -> Iterator[_Candidate]:
    """Those of this program: folders with an `engine.py`; without one it is a part of one that is being built."""
    for folder in engines.__path__:
        for path in sorted(Path(folder).glob("*/engine.py")):
            if path.parent.name != CORE:
                yield _Candidate(path.parent.name, f"engines.{path.parent.name}.engine")


def _plug_ins() -> Iterator[_Candidate]:
    """Those of installed packages, but where `$VANTAGE_PLUG_INS` is "none"."""
    if os.environ.get("VANTAGE_PLUG_INS") == "none":
        return
    for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
        module, _, attribute = entry.value.partition(":")
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else entry.value
        yield _Candidate(entry.name, module.strip(), attribute.strip() or ENGINE, package)


def _places(candidate: _Candidate) -> Iterator[Path]:
    """Files and folders that an imported engine's own code is in: its folder here, or its whole package."""
    parts = candidate.module.split(".")
    if not candidate.package:
        parts = parts[:-1]
    for count in range(1 if candidate.package else len(parts), len(parts) + 1):
        module = sys.modules.get(".".join(parts[:count]))
        file = getattr(module, "__file__", None)
        folders = list(getattr(module, "__path__", ()))
        # A namespace that several packages share has no file of its own, and is nobody's; but who only left out an
        # `__init__.py` means the folder that the engine is in.
        if file is None and candidate.package and count < len(parts) - 1:
            continue
        yield from (Path(place).resolve() for place in (folders or ([file] if file is not None else [])))
        return


def all_engines() -> Mapping[str, AnyEngine]:
    """The engines that work here, by name."""
    return _found().working


def failed_engines() -> Mapping[str, str]:
    """Engines that can't be used, with the reason."""
    return _found().failed


def origins() -> Mapping[str, Origin]:
    """The origin of each engine that works here, by the engine's name."""
    return _found().origins


def find_engine(name: str) -> AnyEngine:
    """The engine of that name.

    Raises:
        UserError: there is none, or it can't be used.
    """
    found = _found()
    if name in found.working:
        return found.working[name]
    if name in found.failed:
        raise UserError(f"engine {name} can't be used: {found.failed[name]}")
    raise UserError(f"no method {shortened(name)} is installed; there are {', '.join(found.working)}")


def read_checkpoint(path: Path, configuration: Path | None = None) -> Checkpoint:
    """Opens a scene file, a run folder, or a file of an author's code, detected by its content.

    Args:
        configuration: the file of options that goes with an author's file, where it doesn't lie beside it.

    Raises:
        UserError: none of these, or damaged: also where its weights don't fit its configuration.
    """
    path = Path(path)
    if (reader := _reader_of(path)) is not None:
        if configuration is not None:
            raise UserError(f"{configuration}: {path.name} has all that {reader.title} needs; leave --config out")
        with reading(path, f"can't be read as a file of {reader.name}"):
            return reader.read_file(path)
    own_folder = path.is_dir() and not holds_bundle(path)
    if configuration is not None and (own_folder or path.suffix == ".safetensors"):
        raise UserError(f"{configuration}: {path} carries its options itself; leave --config out")
    named = named_hash(path)
    try:
        checkpoint = read_any(path, partial(_read_upstream, configuration=configuration))
        require_whole(checkpoint, path)
    except UserError as error:
        if (told := _told_by_reader(path)) is not None:
            raise told from error
        if named is None or named.intact:
            raise
        raise type(error)(f"{error}; {named.text}") from error
    return checkpoint if named is None or named.intact else replace(checkpoint, notes=(*checkpoint.notes, named.text))


class _FileReader(Protocol):
    """An engine that opens other programs' files."""

    name: str
    title: str

    def read_file(self, path: Path) -> Checkpoint: ...


def _reader_of(path: Path) -> _FileReader | None:
    """The engine that opens a file or a folder of another program, None where it is none such."""
    if path.suffix == ".safetensors" or is_run_folder(path):
        return None
    for name, engine in all_engines().items():
        if isinstance(engine, ReadsFiles):
            try:
                if engine.detects(path):
                    return engine
            except Exception as error:  # a plug-in may fail in any way; the file may be another engine's
                _log.warning("%s failed to look at %s: %s: %s", name, path, type(error).__name__, error)
    return None


def _told_by_reader(path: Path) -> UserError | None:
    """What an engine says against a file that it doesn't open though it has a suffix of that engine's; else None."""
    for name, engine in all_engines().items():
        if isinstance(engine, ReadsFiles) and path.is_file() and path.suffix.lower() in engine.file_suffixes:
            try:
                with reading(path, f"can't be read as a file of {name}"):
                    engine.read_file(path)
            except UserError as error:
                return error
    return None


def opens_others(path: Path) -> bool:
    """Whether an engine opens this file, or folder, of another program."""
    return _reader_of(path) is not None


def written_forms() -> tuple[str, ...]:
    """The forms of other programs that engines write, each name once."""
    writers: list[object] = list(all_engines().values())
    return tuple(dict.fromkeys(form for one in writers if isinstance(one, WritesFiles) for form in one.written_forms))


def file_suffixes() -> tuple[str, ...]:
    """The suffixes of other programs' files that engines open, each once, with the dot."""
    readers: list[object] = list(all_engines().values())
    return tuple(
        dict.fromkeys(suffix for one in readers if isinstance(one, ReadsFiles) for suffix in one.file_suffixes)
    )


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


def _read_upstream(content: Mapping[str, Any], path: Path, configuration: Path | None = None) -> Checkpoint:
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
            if configuration is not None and not isinstance(engine, HasConfigurationFile):
                raise UserError(f"{configuration}: {engine.title} has all in {path.name}; leave --config out")
            with reading(path, f"can't be read as a checkpoint of {name}"):
                if configuration is not None and isinstance(engine, HasConfigurationFile):
                    return engine.read_configured(content, path, configuration)
                return engine.read_upstream(content, path)
    titles = ", ".join(engine.title for engine in all_engines().values())
    kind = kind_of(path)
    raise UserError(f"{path}: {kind}, but not a checkpoint of a known method ({titles}){''.join(doubtful)}")
