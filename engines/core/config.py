"""Typed, bounded options: one class is the command line's `--set`, the YAML presets and the window's form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from engines.core.errors import UserError
from engines.core.reading import quoted, read_text, shortened
from engines.core.upright import parse_up

Outside = Literal["auto", "kept", "white", "black"]
"""What becomes of pixels outside an object's masks."""
SUFFIX_UNITS: Mapping[str, str] = {
    "px": "px",
    "deg": "°",
    "s": "s",
    "ms": "ms",
    "minutes": "minutes",
    "mb": "MB",
    "gb": "GB",
    "steps": "steps",
}
"""Units by the last word of a field's name, where nothing else says them."""
SPELT_OUT: Mapping[str, str] = {
    "n": "number of",
    "num": "number of",
    "max": "most",
    "min": "least",
    "lr": "learning rate",
    "img": "image",
    "dim": "dimensions",
    "idx": "index",
    "init": "initial",
    "iters": "iterations",
    "ema": "EMA",
    "sh": "SH",
    "rgb": "RGB",
    "mlp": "MLP",
    "cnn": "CNN",
}
"""Words of fields' names as a person reads them."""
UNGROUPED = "Method"
"""What a method's options stand under that no group names."""


class Options(BaseModel):
    """Fields with a type, a default, bounds, and a sentence under each."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    AS_TRAINED: ClassVar[tuple[str, ...]] = ()
    """Of a scene's options: those that are as in its training where nobody says otherwise."""
    LABELS: ClassVar[Mapping[str, str]] = {}
    """What fields are called in a form, by their names, where the name itself does not read well."""
    UNITS: ClassVar[Mapping[str, str]] = {}
    """What fields are measured in, by their names: px, s, steps, GB; "" for a plain number, such as a weight."""
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Fields that stand together in a form, under a heading."""

    @classmethod
    def label(cls, field: str) -> str:
        """What a field is called in a form, without its unit."""
        return cls._said("LABELS", field) or default_label(field)

    @classmethod
    def unit(cls, field: str) -> str | None:
        """What a field is measured in; "" for a plain number, None where nothing says it."""
        said = cls._said("UNITS", field)
        return said if said is not None else SUFFIX_UNITS.get(field.rpartition("_")[2])

    @classmethod
    def title(cls, field: str) -> str:
        """A field's label with its unit, as a form shows it: `Crop size (px)`."""
        label, unit = cls.label(field), cls.unit(field)
        return label if not unit or label.split()[-1:] == [unit] else f"{label} ({unit})"

    @classmethod
    def _said(cls, table: str, field: str) -> str | None:
        """The entry of a field in a table of the class, or of those that it derives from."""
        tables = (kind.__dict__.get(table, {}) for kind in cls.__mro__)
        return next((entries[field] for entries in tables if field in entries), None)

    @classmethod
    def grouped(cls) -> Mapping[str, tuple[str, ...]]:
        """All fields by their headings: first those in no group (`UNGROUPED`), then an engine's own groups."""
        groups: dict[str, tuple[str, ...]] = {}
        for kind in cls.__mro__:
            for name, fields in kind.__dict__.get("GROUPS", {}).items():
                there = groups.get(name, ())
                # A class may name those that it found, too, to say where its own stand among them.
                groups[name] = (*there, *(f for f in fields if f in cls.model_fields and f not in there))
        placed = {field for fields in groups.values() for field in fields}
        rest = tuple(field for field in cls.model_fields if field not in placed)
        return {name: fields for name, fields in {UNGROUPED: rest, **groups}.items() if fields}


def default_label(field: str) -> str:
    """What a field is called of whose name nothing else is said: `num_layers` is "Number of layers"."""
    words = field.split("_")
    if len(words) > 1 and words[-1] in SUFFIX_UNITS and words[-1] != "steps":
        words = words[:-1]
    text = " ".join(SPELT_OUT.get(word, word) for word in words if word)
    return text[:1].upper() + text[1:]


class TrainingConfig(Options):
    """What every engine's training has: the options of the loop around its steps."""

    FILES: ClassVar[tuple[str, ...]] = ()
    """Fields that name files or folders of the machine that trains."""
    MEMORY: ClassVar[tuple[str, ...]] = ()
    """Fields that cost most memory, to be lowered first where it does not suffice."""
    TRIAL: ClassVar[Mapping[str, Any]] = {}
    """Options of the smallest training there can be, for `main.py engine`, which tries whether the method is sound."""
    LEARNS_SILHOUETTES: ClassVar[bool] = False
    """Whether what is outside the object's masks is background to the method, and never learnt."""
    FREE_ON_RESUME: ClassVar[tuple[str, ...]] = (
        "max_steps",
        "checkpoint_every",
        "checkpoint_minutes",
        "validate_every",
        "up",
    )
    """Fields that a run may go on with other values of, with those of the classes that a config derives from; the rest
    makes another network or another run."""
    LABELS: ClassVar[Mapping[str, str]] = {
        "max_steps": "Steps",
        "checkpoint_every": "Save every",
        "checkpoint_minutes": "Save every",
        "validate_every": "Validate every",
        "held_out_every": "Hold out every n-th view",
        "seed": "Random seed",
        "up": "Up axis",
        "outside_masks": "Background outside masks",
    }
    UNITS: ClassVar[Mapping[str, str]] = {
        "max_steps": "",
        "checkpoint_every": "steps",
        "validate_every": "steps",
        "held_out_every": "",
        "seed": "",
    }
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "Optimisation": ("max_steps", "seed"),
        "Validation and saving": ("validate_every", "held_out_every", "checkpoint_every", "checkpoint_minutes"),
        "Data": ("up", "outside_masks"),
    }

    max_steps: int = Field(100_000, ge=1)
    """Optimisation steps of the whole run."""
    checkpoint_every: int = Field(1000, ge=1)
    """Steps between two saved checkpoints."""
    checkpoint_minutes: float = Field(10.0, gt=0)
    """A checkpoint is also saved when so many minutes have gone by since the last one."""
    validate_every: int = Field(1000, ge=1)
    """Steps between two evaluations on held-out views."""
    held_out_every: int = Field(10, ge=0)
    """Where the folder has no validation views, every so manyth training view becomes one; 0: all are trained on."""
    seed: int = Field(0, ge=0, lt=2**63)
    """Makes a run repeatable: on a CPU the same seed, data and number of threads give the same weights."""
    up: str | None = None
    """Which way is up: x, y, z, -x, -y, -z, or three numbers such as 0.1,-1,0.2; empty: as the photographs say."""
    outside_masks: Outside = "auto"
    """Of photographs with an object's masks, what takes the place of all outside them: kept (the photograph's own),
    white or black. auto: white where the object was turned before a camera that stood still, as its background
    contradicts the poses then, and where the method learns nothing outside of masks; else kept."""

    @field_validator("up", mode="before")
    @classmethod
    def _direction(cls, value: Any) -> Any:
        if value is None or value == "":
            return None
        text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        try:
            parse_up(text)
        except UserError as error:
            raise ValueError(str(error)) from error
        return text

    @property
    def learns_depths(self) -> bool:
        """Whether depth maps are used where the data has some."""
        return False

    def stages(self) -> tuple[int, ...]:
        """The steps from which on steps cost otherwise than before; the first is 0."""
        return (0,)

    @classmethod
    def free_on_resume(cls) -> tuple[str, ...]:
        """All fields of `FREE_ON_RESUME`."""
        own = (kind.__dict__.get("FREE_ON_RESUME", ()) for kind in reversed(cls.__mro__))
        return tuple(field for fields in own for field in fields)


class OptimiserConfig(TrainingConfig):
    """What a training by `engines.core.learning.optimisation` has, whatever it learns."""

    FREE_ON_RESUME: ClassVar[tuple[str, ...]] = ("lr",)
    LABELS: ClassVar[Mapping[str, str]] = {
        "lr": "Learning rate",
        "lr_final": "Final learning rate",
        "ema_decay": "EMA decay of the weights",
    }
    UNITS: ClassVar[Mapping[str, str]] = {"lr": "", "lr_final": "", "ema_decay": ""}
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "Optimisation": ("max_steps", "lr", "lr_final", "ema_decay", "seed"),
    }

    lr: float = Field(4e-4, gt=0)
    """Learning rate of Adam."""
    lr_final: float | None = Field(None, gt=0)
    """Learning rate at step `max_steps`, approached by the same factor each step; empty: `lr` throughout. Resuming with
    another `max_steps` goes on along the new course."""
    ema_decay: float = Field(0.0, ge=0, lt=1)
    """Show and validate the moving average of the weights, e.g. 0.99 for one over about 100 steps; 0: the latest."""

    def lr_at(self, step: int) -> float:
        """The learning rate of the step after `step` steps."""
        if self.lr_final is None:
            return self.lr
        return float(self.lr * (self.lr_final / self.lr) ** (step / self.max_steps))


SCENE_CONFIG = "the scene file's configuration"
"""Where options of a checkpoint come from, for `make_options`."""

AnyOptions = TypeVar("AnyOptions", bound=Options)


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """`["lr=1e-4", "seed=3"]` as a mapping; values are read as YAML.

    Raises:
        UserError: one has no `=`.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise UserError(f"--set {shortened(setting)}: write KEY=VALUE")
        try:
            values[key.strip()] = parse_yaml(value)
        except ValueError as error:
            raise UserError(f"--set {shortened(setting)}: the value can't be read") from error
    return values


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file's mapping.

    Raises:
        UserError: missing, not YAML, or not a mapping.
    """
    text = read_text(path)
    try:
        data = parse_yaml(text)
    except ValueError as error:
        raise UserError(f"{path}: not YAML ({shortened(error)})") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise UserError(f"{path}: must be a mapping of KEY: VALUE")
    return data


def parse_yaml(text: str) -> Any:
    """What a YAML text says; nothing in it is executed.

    Raises:
        ValueError: it isn't YAML, or holds a value that can't be, such as the date 2024-99-99.
    """
    try:
        return yaml.safe_load(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    # A date that can't be, a key that is a list, a number with a sign only: the library raises what comes.
    except (yaml.YAMLError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise ValueError(shortened(error)) from error


def make_options(
    kind: type[AnyOptions], values: Mapping[str, Any], where: str = "--set", names: Mapping[str, str] | None = None
) -> AnyOptions:
    """Checks `values` against `kind`'s types and bounds.

    Args:
        names: what fields are called in the file that they are of, where it calls them otherwise.

    Raises:
        UserError: names the field, what is wrong with it, and for an unknown one the fields there are.
    """
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        raise UserError(_first_wrong(kind, error, where, names or {})) from error


def check_fields(kind: type[AnyOptions], values: Mapping[str, Any], where: str) -> None:
    """Checks each of `values` by itself, of options that others are still going to join.

    Raises:
        UserError: as `make_options`.
    """
    try:
        kind.model_validate(dict(values))
    except ValidationError as error:
        # What concerns several fields may be mended by those that are to come.
        if any(found["loc"] and found["type"] != "missing" for found in _errors(error)):
            raise UserError(_first_wrong(kind, error, where, {})) from error


def _errors(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_context=False)


def _first_wrong(kind: type[AnyOptions], error: ValidationError, where: str, names: Mapping[str, str]) -> str:
    first = _errors(error)[0]
    path = [names.get(str(part), str(part)) for part in first["loc"]]
    field, message = shortened(".".join(path)), first["msg"][0].lower() + first["msg"][1:]
    if first["type"] == "extra_forbidden":
        return f"{where}: no field {field}; there are {', '.join(kind.model_fields)}"
    message = message.removeprefix("value error, ").replace("input should", "must")
    # What concerns no single field, or a field that isn't there, has the whole mapping as its input.
    value = f"={quoted(first['input'])}" if first["loc"] and first["type"] != "missing" else ""
    return f"{where}: {field}{value}{': ' if field else ''}{shortened(message, 300)}"
