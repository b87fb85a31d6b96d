"""The presets of `configs/`: options of an engine under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.core.config import check_fields, read_yaml
from engines.core.errors import UserError
from engines.core.reading import shortened
from engines.registry import find_engine

FOLDER = Path(__file__).resolve().parents[1] / "configs"
LEVELS: Mapping[str, str] = {"preview": "Preview", "standard": "Standard", "published": "As published"}


@dataclass(frozen=True)
class Preset:
    """One file.

    Attributes:
        name: of the file, without `.yaml`.
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
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def presets_of(engine: str) -> list[Preset]:
    """Those of one engine, the quickest first."""
    presets = [_read(name) for name in preset_names()]
    order = tuple(LEVELS)
    own = [preset for preset in presets if preset.engine == engine]
    return sorted(own, key=lambda preset: next((order.index(w) for w in order if w in preset.name), len(order)))


def _read(name: str) -> Preset:
    path = FOLDER / f"{name}.yaml"
    settings = read_yaml(path)
    engine = str(settings.pop("engine", ""))
    lines = path.read_text(encoding="utf-8").splitlines()
    comment = (line.removeprefix("#").strip() for line in lines if line.startswith("#"))
    words = name.removeprefix(f"{engine}_").split("_")
    level = next((LEVELS[word] for word in words if word in LEVELS), "")
    rest = " ".join(word for word in words if word not in LEVELS)
    title = f"{level} ({rest})" if level and rest else level or rest.capitalize()
    return Preset(name, title, " ".join(comment), engine, settings)


def read_preset(config: str, engine: str) -> dict[str, Any]:
    """The options of a preset, of a YAML file, or of a run's `config.yaml`.

    Raises:
        UserError: no such file or preset, it is of another engine, or names what is no field of it.
    """
    places = (Path(config), FOLDER / config, FOLDER / f"{config}.yaml")
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise UserError(f"--config {config}: no such file; the presets are {', '.join(preset_names())}")
    values = read_yaml(path)
    if "engine" in values and values["engine"] != engine:
        raise UserError(f"{path}: is for the engine {shortened(values['engine'])}, not {engine}")
    # A run folder's config.yaml has the options one level down.
    values = dict(values["config"]) if isinstance(values.get("config"), dict) else values
    values.pop("engine", None)
    kind = find_engine(engine).Config
    known = kind.model_fields
    strange = next((name for name in values if name not in known), None)
    if strange is not None:
        raise UserError(f"{path}: no field {shortened(strange)}; there are {', '.join(known)}")
    # Here, where it is known that they stand in the file.
    check_fields(kind, values, str(path))
    return values
