"""A page for each method that comes with the program: what its presets are for, and all of its options."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from app.training.presets import presets_beside, presets_of
from docs.site.pages import Page, code, escaped, table
from engines.core.abilities import OnlyDraws, ReadsUpstream
from engines.core.config import Options
from engines.core.engine import AnyEngine
from engines.registry import all_engines, origins

FOLDER = "methods"
SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
"""What a bound of an option is called in its metadata, and how it is written."""


def method_pages() -> list[Page]:
    """The list of the methods, then a page for each; those that other packages bring are theirs to tell of."""
    own = [engine for name, engine in sorted(all_engines().items()) if not origins()[name].package]
    rows = [
        (
            f"[{escaped(engine.title)}]({engine.name}.md)",
            code(engine.name),
            escaped(_paper(engine)),
            "yes" if isinstance(engine, ReadsUpstream) else "no",
        )
        for engine in own
    ]
    text = (
        "# Methods\n\n"
        f"{table(('method', 'its name on the command line', 'paper', 'opens files of its authors'), rows)}\n\n"
        "`--set KEY=VALUE` sets an option, of `train` one of a training, of other commands one of a scene; `--config` "
        "names a preset, or a file of your own ([Your own presets](../presets.md)). The window's dialog has the same, "
        "under the names for people.\n"
    )
    return [Page(f"{FOLDER}/index.md", "All methods", text), *(_page(engine) for engine in own)]


def _paper(engine: AnyEngine) -> str:
    """The first line of its package."""
    package = importlib.import_module(f"engines.{engine.name}")
    return (package.__doc__ or "").strip().splitlines()[0].rstrip(".")


def _page(engine: AnyEngine) -> Page:
    parts = [
        f"# {escaped(engine.title)}",
        escaped(_paper(engine)) + ".",
        *_of_training(engine),
        "## Options of a scene\n\n" + ("\n\n".join(_options(engine.SceneOptions)) or "It has none."),
    ]
    return Page(f"{FOLDER}/{engine.name}.md", engine.title, "\n\n".join(parts) + "\n")


def _of_training(engine: AnyEngine) -> Iterator[str]:
    if isinstance(engine, OnlyDraws):
        yield "It draws what other programs trained, and trains nothing."
    else:
        # Not those of the user who builds it.
        own = presets_beside(engine)
        presets = [(code(each.name), escaped(each.about)) for each in presets_of(engine.name) if each.name in own]
        yield "## Presets\n\n" + table(("`--config`", "what it is for"), presets)
    yield "## Options of a training\n\n" + "\n\n".join(_options(engine.Config))


def _options(kind: type[Options]) -> Iterator[str]:
    for heading, names in kind.grouped().items():
        rows = (_row(kind, name, kind.model_fields[name]) for name in names)
        listed = table(("option", "in the window", "type", "default", "what it is"), rows)
        yield f"### {heading}\n\n{listed}"


def _row(kind: type[Options], name: str, field: FieldInfo) -> tuple[str, ...]:
    default = "" if field.default is None else str(field.default)
    bounds = ", ".join(_bounds(field.metadata))
    about = " ".join((field.description or "").split())
    return (
        code(name),
        escaped(kind.title(name)),
        _type(field) + (f" {bounds}" if bounds else ""),
        code(default),
        escaped(about),
    )


def _type(field: FieldInfo) -> str:
    """What it may be: kinds of values, without the modules' names, or what there is to choose from."""
    return ", ".join(map(code, _types(field.annotation)))


def _types(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from map(str, get_args(annotation))
    elif get_origin(annotation) in (Union, UnionType):
        for each in get_args(annotation):
            yield from _types(each)
    else:
        plain = isinstance(annotation, type) and get_origin(annotation) is None
        text = annotation.__name__ if plain else str(annotation)
        yield re.sub(r"\b(?:[a-z_]+\.)+", "", text).replace("NoneType", "None")


def _bounds(metadata: list[Any]) -> Iterator[str]:
    for each in metadata:
        for name, sign in SIGNS.items():
            if hasattr(each, name):
                yield f"{sign} {getattr(each, name):g}"
