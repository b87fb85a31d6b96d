"""The checks of what a method says of itself before anything is learnt: its options, their lists, its presets."""

from __future__ import annotations

import contextlib
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from app.conformance.trial import Check, Failure, Trial
from app.training.presets import first_comment, presets_beside
from engines.core.config import Options, TrainingConfig, check_fields, make_options, read_yaml
from engines.core.errors import UserError
from engines.core.reading import quoted

PLAIN = (int, float, bool, str)
FIELD_KINDS = "an int, float, bool, str, a Literal, a tuple of these, or one of them | None"
PRESET_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
MISNAMED = (".yml", ".json", ".toml")
"""What presets are called elsewhere; here nobody would find them."""


def options_have_sentences(trial: Trial) -> None:
    """Looks for the sentence of every option: its help, its tool tip and its manual."""
    for kind in _kinds(trial):
        for name, described in kind.model_fields.items():
            if not described.description:
                raise Failure(f"{kind.__name__}.{name} has no sentence under it")


def options_can_be_shown(trial: Trial) -> None:
    """Looks at the type of every option: a form and the command line have to make something of it."""
    for kind in _kinds(trial):
        for name, described in kind.model_fields.items():
            if not _can_be_shown(described.annotation):
                found = re.sub(r"<class '(.*)'>", r"\1", str(described.annotation))
                raise Failure(f"{kind.__name__}.{name} is of type {found}; a field is {FIELD_KINDS}")


def _can_be_shown(kind: Any) -> bool:
    if get_origin(kind) in (Union, types.UnionType):
        rest = [part for part in get_args(kind) if part is not types.NoneType]
        return len(rest) == 1 and _is_field(rest[0])
    return _is_field(kind)


def _is_field(kind: Any) -> bool:
    parts = get_args(kind) if get_origin(kind) is tuple else (kind,)
    return all(part in PLAIN or part is Ellipsis or get_origin(part) is Literal for part in parts)


def lists_name_fields(trial: Trial) -> None:
    """Compares the lists that stand beside the options with them."""
    for kind in _kinds(trial):
        grouped = [name for names in kind.GROUPS.values() for name in names]
        named = {
            "GROUPS": grouped,
            "LABELS": list(kind.LABELS),
            "UNITS": list(kind.UNITS),
            "AS_TRAINED": list(kind.AS_TRAINED),
        }
        for list_name in ("FILES", "FREE_ON_RESUME", "MEMORY", "TRIAL"):
            named[list_name] = list(getattr(kind, list_name, ()))
        for list_name, names in named.items():
            if strange := [name for name in names if name not in kind.model_fields]:
                raise Failure(f"{kind.__name__}.{list_name} names {', '.join(strange)}, which is no field of it")
    config, kind = trial.engine.Config, trial.engine.SceneOptions
    if strange := [name for name in kind.AS_TRAINED if name not in config.model_fields]:
        raise Failure(
            f"{kind.__name__}.AS_TRAINED names {', '.join(strange)}, which is no field of {config.__name__}: "
            "no training says what it is"
        )


def stages_grow(trial: Trial) -> str:
    """Asks for the stages of the defaults, and of each preset."""
    counts = list[int]()
    for name, config in _configs(trial):
        stages: object = config.stages()
        if not isinstance(stages, tuple) or not all(isinstance(step, int) for step in stages):
            raise Failure(f"stages() of {name} gives {quoted(stages)}; it must be a tuple of steps")
        if not stages or stages[0] != 0 or list(stages) != sorted(set(stages)):
            raise Failure(f"stages() of {name} gives {stages}; they must grow, and the first must be 0")
        counts.append(len(stages))
    return f"up to {max(counts)}" if max(counts) > 1 else ""


def _configs(trial: Trial) -> Iterator[tuple[str, TrainingConfig]]:
    kind = trial.engine.Config
    yield "its defaults", kind()
    for path in _presets(trial):
        # One that wants a file, which nobody has named yet, makes none.
        with contextlib.suppress(UserError):
            yield f"presets/{path.name}", make_options(kind, _settings(trial, path))


def presets_can_be_chosen(trial: Trial) -> str:
    """Reads the files beside the engine as the command line and the form do."""
    found = _presets(trial)
    for folder in dict.fromkeys(path.parent for path in found):
        if strange := [path.name for path in sorted(folder.iterdir()) if path.suffix in MISNAMED]:
            raise Failure(f"presets/{strange[0]} is not found: presets end in .yaml")
    for path in found:
        if not PRESET_NAME.fullmatch(path.stem):
            raise Failure(f"presets/{path.name}: its name is typed; call it by small letters, digits and single _")
        if path.stem.startswith(f"{trial.engine.name}_"):
            raise Failure(f"presets/{path.name} would be {trial.engine.name}_{path.stem}: leave the method's name out")
        check_fields(trial.engine.Config, _settings(trial, path), f"presets/{path.name}")
        if not first_comment(path):
            raise Failure(f"presets/{path.name} does not say what it is for: begin it with a comment, # ...")
    return ", ".join(path.stem for path in found)


def _presets(trial: Trial) -> list[Path]:
    return list(presets_beside(trial.engine).values())


def _settings(trial: Trial, path: Path) -> dict[str, Any]:
    """What a preset says, without the engine that it may name.

    Raises:
        Failure: it names another.
        UserError: it can't be read.
    """
    values = read_yaml(path)
    said = values.pop("engine", trial.engine.name)
    if said != trial.engine.name:
        raise Failure(f"presets/{path.name} is for the engine {said}; leave that field out")
    return values


def _kinds(trial: Trial) -> tuple[type[Options], ...]:
    return trial.engine.Config, trial.engine.SceneOptions


DECLARING = (
    Check("Config", "has a sentence under every option", options_have_sentences),
    Check("Config", "has options of types that can be shown", options_can_be_shown),
    Check("Config", "has lists of options that there are", lists_name_fields),
    Check("presets", "can be chosen, and say what they are for", presets_can_be_chosen),
    Check("stages", "begin at 0 and grow", stages_grow),
)
