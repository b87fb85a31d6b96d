"""Presets: options of an engine under a name, from the engine's own folder and from the user's.

An engine's presets are the files `presets/*.yaml` beside the module that its class stands in, also of an installed
plug-in; `presets/preview.yaml` of the engine `planes` is called `planes_preview`. A user's are the files of `configs/`,
called as they are, with the engine's name in their field `engine`.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.core.config import check_fields, read_yaml
from engines.core.engine import AnyEngine
from engines.core.errors import UserError
from engines.core.reading import shortened
from engines.registry import all_engines, find_engine

FOLDER = Path(__file__).resolve().parents[2] / "configs"
"""The user's own."""
OF_ENGINE = "presets"
"""The folder beside an engine's module."""
LEVELS: Mapping[str, str] = {"preview": "Preview", "standard": "Standard", "published": "As published"}


@dataclass(frozen=True)
class Preset:
    """One file.

    Attributes:
        name: what `--config` calls it.
        title: for people: how thorough, and what of.
        about: the file's first comment.
    """

    name: str
    title: str
    about: str
    engine: str
    settings: Mapping[str, Any]


def preset_names() -> list[str]:
    """All there are."""
    return sorted({*(name for engine in all_engines().values() for name in presets_beside(engine)), *_users()})


def presets_of(engine: str) -> list[Preset]:
    """Those of one engine, the quickest first; a user's that can't be offered are left out (`refusals`)."""
    found = all_engines().get(engine)
    if found is None:
        return []
    own = [_read(name, path, engine) for name, path in presets_beside(found).items()]
    own += [preset for preset in _tried() if isinstance(preset, Preset) and preset.engine == engine]
    order = tuple(LEVELS)
    return sorted(own, key=lambda preset: next((order.index(w) for w in order if w in preset.name), len(order)))


def refusals() -> tuple[str, ...]:
    """Why files of the user's are not offered, a line each that names the file."""
    return tuple(reason for reason in _tried() if isinstance(reason, str))


def about(preset: Preset | None) -> str:
    """What a preset is for; and below it why files of the user's are not offered."""
    return "\n".join(filter(None, (preset.about if preset is not None else "", *refusals())))


def presets_beside(engine: AnyEngine) -> Mapping[str, Path]:
    """The files in an engine's own folder, by the presets' names."""
    module = sys.modules.get(type(engine).__module__)
    file = getattr(module, "__file__", None)
    # What is beside a module of no package belongs to nobody, or to others.
    if not file or not getattr(module, "__package__", ""):
        return {}
    return {f"{engine.name}_{path.stem}": path for path in sorted((Path(file).parent / OF_ENGINE).glob("*.yaml"))}


def _users() -> Mapping[str, Path]:
    """The user's files, by the presets' names."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}


def _tried() -> Iterator[Preset | str]:
    """Of each of the user's files the preset, or why it can't be offered."""
    for name, path in _users().items():
        try:
            _require_free(name, path)
            preset = _read(name, path)
            if preset.engine not in all_engines():
                raise UserError(f"{path}: its field engine must name a method: {', '.join(all_engines())}")
            _require_fields(preset.engine, preset.settings, path)
        except UserError as error:
            yield str(error)
        else:
            yield preset


def _require_free(name: str, path: Path) -> None:
    """Refuses a user's file that is called as an engine's preset."""
    taken = next((engine.title for engine in all_engines().values() if name in presets_beside(engine)), None)
    if taken is not None:
        raise UserError(f"{path}: a preset of {taken} is called {name}; rename the file")


def _read(name: str, path: Path, engine: str = "") -> Preset:
    """One file; without `engine` it says itself which it is for."""
    settings = read_yaml(path)
    engine = str(settings.pop("engine", engine))
    words = name.removeprefix(f"{engine}_").split("_")
    level = next((LEVELS[word] for word in words if word in LEVELS), "")
    rest = " ".join(word for word in words if word not in LEVELS)
    title = f"{level} ({rest})" if level and rest else level or rest.capitalize()
    return Preset(name, title, first_comment(path), engine, settings)


def first_comment(path: Path) -> str:
    """What the first comment of a file says, in one line; "" where there is none."""
    lines = path.read_text(encoding="utf-8").splitlines()
    behind = itertools.dropwhile(lambda line: not line.startswith("#"), lines)
    comment = itertools.takewhile(lambda line: line.startswith("#"), behind)
    return " ".join(line.removeprefix("#").strip() for line in comment).strip()


def read_preset(config: str, engine: str) -> dict[str, Any]:
    """The options of a preset, of a YAML file, or of a run's `config.yaml`.

    Raises:
        UserError: no such file or preset, its name is an engine's and the user's, it is of another engine, or it names
            what is no field of it.
    """
    path, owner = _find(config, engine)
    values = read_yaml(path)
    said = values.get("engine", owner)
    if said != engine:
        raise UserError(f"{path}: is for the engine {shortened(said)}, not {engine}")
    # A run folder's config.yaml has the options one level down.
    values = dict(values["config"]) if isinstance(values.get("config"), dict) else values
    values.pop("engine", None)
    # Here, where it is known that they stand in the file.
    _require_fields(engine, values, path)
    return values


def _require_fields(engine: str, values: Mapping[str, Any], path: Path) -> None:
    """Refuses what is no field of the engine's options, or no value of it."""
    kind = find_engine(engine).Config
    strange = next((name for name in values if name not in kind.model_fields), None)
    if strange is not None:
        raise UserError(f"{path}: no field {shortened(strange)}; there are {', '.join(kind.model_fields)}")
    check_fields(kind, values, str(path))


def _find(config: str, engine: str) -> tuple[Path, str]:
    """The file that is meant, and which engine it is for where it does not say so itself."""
    own = next((place for place in (Path(config), FOLDER / config) if place.is_file()), None)
    if own is not None:
        return own, engine
    users = _users().get(config)
    if users is not None:
        _require_free(config, users)
        return users, engine
    # Where two engines' presets have one name, the chosen engine's is meant.
    owners = sorted(all_engines().values(), key=lambda other: other.name != engine)
    for owner in owners:
        if config in (files := presets_beside(owner)):
            return files[config], owner.name
    raise UserError(f"--config {config}: no such file; the presets are {', '.join(preset_names())}")
