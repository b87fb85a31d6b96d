"""The check of importing: a method's modules do nothing when they are imported but define what stands in them."""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from app.conformance.trial import Check, Failure, Trial, difference, global_states, others_draw
from engines.core.reading import shortened
from engines.core.seeding import all_generators_kept
from engines.registry import Origin, all_engines, origins

OF_IMPORTING = (".py", ".pyc", ".pyd", ".so")
"""Files that Python itself opens to import a module."""
ACTS = {
    "open": "opens",
    "os.mkdir": "makes the folder",
    "os.remove": "removes",
    "os.rename": "renames",
    "subprocess.Popen": "begins the program",
    "socket.connect": "connects to the network, by",
}
"""What Python tells of while it runs (its audit events), and how it is called here."""


class _Ear:
    """Hears what a thread does to files, programs and the network, while it is listened to."""

    def __init__(self) -> None:
        self.thread = 0
        self.heard: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.thread != threading.get_ident() or event not in ACTS:
            return
        what = str(arguments[1] if event == "socket.connect" else arguments[0])
        path = Path(what)
        # An installed package's own description is read for its version.
        own = path.suffix in OF_IMPORTING or ".pyc." in path.name or path.parent.suffix == ".dist-info"
        # Python writes what it compiled under another name first, where a source is newer.
        expected = own and event in ("open", "os.rename")
        if not expected and not (event == "open" and isinstance(arguments[0], int)):
            self.heard.append(f"{ACTS[event]} {what}")


@cache
def _ear() -> _Ear:
    """The only one: Python lets nobody stop listening."""
    ear = _Ear()
    sys.addaudithook(ear)
    return ear


def imports_quietly(trial: Trial) -> str:
    """Imports all modules of the method that were imported so far once more, and looks at what that does.

    Whether CUDA is begun is only seen where nothing else has begun it.
    """
    engine = trial.engine
    if all_engines().get(engine.name) is not engine:
        return "it is none of the methods that were found here"
    origin = origins()[engine.name]
    own = _own_modules(origin)
    # Chance that was seeded before would be seeded to what it is.
    others_draw()
    cuda, said = _on_cuda(), io.StringIO()
    with all_generators_kept(), _forgotten(own, origin):
        before = global_states()
        for name in own:
            heard: list[str] = []
            try:
                with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), _listening(heard):
                    importlib.import_module(name)
            except Exception as error:  # such as of an operator that torch has under this name already
                return f"not seen: {name} can't be imported twice ({shortened(f'{type(error).__name__}: {error}')})"
            _require_nothing(name, heard, said.getvalue())
            for kind, state in global_states().items():
                if difference(before[kind], state):
                    raise Failure(f"importing {name} draws from {kind}'s global generator, or seeds it; it must not")
            if _on_cuda() and not cuda:
                raise Failure(f"importing {name} begins to use CUDA; it must not")
    return f"{len(own)} modules"


def _on_cuda() -> bool:
    return bool(torch.cuda.is_initialized())


def _require_nothing(name: str, heard: list[str], said: str) -> None:
    if said:
        raise Failure(f"importing {name} prints {shortened(said)!r}; it must print nothing")
    if heard:
        raise Failure(f"importing {name} {shortened(heard[0])}; do it when it is needed")


def _own_modules(origin: Origin) -> list[str]:
    """Names of the imported modules that stand in a method's own files and folders, in the order they came in."""
    # Asked first, as thousands of modules are there, and files are looked up on the disk.
    top = origin.module.split(".")[0] if origin.package else origin.module.rpartition(".")[0]
    named = [name for name in sys.modules if name == top or name.startswith(f"{top}.")]
    return [name for name in named if _stands_in(sys.modules[name], origin)]


def _stands_in(module: ModuleType, origin: Origin) -> bool:
    file = getattr(module, "__file__", None)
    path = Path(file).resolve() if file else None
    return path is not None and any(place in (path, *path.parents) for place in origin.places)


@contextlib.contextmanager
def _forgotten(names: list[str], origin: Origin) -> Iterator[None]:
    """As if these modules had never been imported; afterwards they are what they were, whatever was imported within."""
    kept: dict[str, ModuleType] = {name: sys.modules.pop(name) for name in names}
    try:
        yield
    finally:
        for name in _own_modules(origin):
            del sys.modules[name]
        for name, module in kept.items():
            sys.modules[name] = module
            parent, _, last = name.rpartition(".")
            if parent in sys.modules:
                setattr(sys.modules[parent], last, module)


@contextlib.contextmanager
def _listening(heard: list[str]) -> Iterator[None]:
    ear = _ear()
    ear.heard, ear.thread = heard, threading.get_ident()
    try:
        yield
    finally:
        ear.thread = 0


IMPORTING = (Check("import", "does nothing but define", imports_quietly),)
