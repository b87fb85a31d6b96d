"""Whether a method keeps to the protocols: said before anything runs, in one line that names the method and the member.

Only what is cheap is looked at here, each time that an engine, a scene or a training comes from a method.
`main.py engine NAME` tries the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import numpy as np
import torch
from pydantic import ValidationError

from engines.core import abilities, objective
from engines.core.camera import Camera
from engines.core.config import OptimiserConfig, Options, TrainingConfig
from engines.core.data.dataset import Dataset
from engines.core.data.views import Views
from engines.core.engine import (
    AnyEngine,
    Audited,
    DividesSteps,
    Engine,
    FindsSources,
    HasNearPlane,
    HasSources,
    HasSurface,
    HasTimeSteps,
    LearnsPart,
    LearnsSmaller,
    Prepares,
    Scene,
    Staged,
    Training,
)
from engines.core.errors import BrokenContract
from engines.core.members import (
    MISSING,
    RENAMED_IN_LEARNING,
    Kinds,
    adopt_old_names,
    are_controls,
    are_in_order,
    are_modules,
    are_texts,
    are_weights,
    is_array,
    is_count,
    is_size,
    listed,
    wrong_abilities,
    wrong_functions,
    wrong_value,
)
from engines.core.objective import Objective
from engines.core.reading import quoted, shortened
from engines.core.scene_abilities import (
    ChoosesSources,
    DrawsPixels,
    HasDepthMaps,
    HasPoints,
    HasVolume,
    LeavesOut,
    MadeOfGaussians,
)
from engines.core.seeding import all_generators_kept
from engines.core.storage.checkpoint import Checkpoint, SceneInfo

UNIT_LENGTH = 1e-3
"""How far the length of `up` may be off: some files have it with few digits."""

ABILITIES: Mapping[type, str] = {
    abilities.ReadsUpstream: "reads its authors' files",
    abilities.WritesUpstream: "writes its authors' files",
    abilities.HasConfigurationFile: "reads and writes its authors' options",
    abilities.NamesUpstream: "names its authors' files",
    abilities.ReadsFiles: "reads other programs' files",
    abilities.WritesFiles: "writes other programs' files",
    abilities.OnlyDraws: "draws what others trained",
    abilities.TakesInput: "makes scenes of photographs",
    abilities.JudgesData: "says what it can't train on",
    abilities.SuggestsOptions: "suggests options for data",
    abilities.FillsBox: "says which box it fills",
    abilities.KnowsWeights: "finds damaged weights",
    abilities.HasViewingWeights: "leaves out what only training needs",
    abilities.ChoosesPrimitives: "does without some of its primitives",
    abilities.KeepsDerived: "keeps in scene files what it makes of the weights",
}
"""What an engine may be able to do besides, each in a few words."""
SCENE_ABILITIES: tuple[type, ...] = (
    Staged, Audited, DrawsPixels, Prepares, HasSources, FindsSources, ChoosesSources, HasTimeSteps, LearnsPart,
    HasNearPlane, HasSurface, HasVolume, HasDepthMaps, HasPoints, LeavesOut, MadeOfGaussians,
)  # fmt: skip
"""What a scene may be able to do besides."""
TRAINING_ABILITIES: tuple[type, ...] = (DividesSteps, LearnsSmaller)
"""What a training may be able to do besides."""
OBJECTIVE_ABILITIES: tuple[type, ...] = (
    objective.HasNotes,
    objective.DescribesScene,
    objective.LearnsAtSize,
    objective.ReadsAhead,
    objective.InPieces,
    objective.TakesShare,
    objective.HasOptimisers,
    objective.HasAuxiliary,
    objective.ReportsLosses,
    objective.KeepsState,
)
"""What an objective may be able to do besides."""


def checked_engine(engine: object, name: str) -> AnyEngine:
    """The engine, if it has what engines have.

    Args:
        name: of its folder, or of its entry point.

    Raises:
        BrokenContract: names each member that is missing or wrong.
    """
    if isinstance(engine, type):
        raise BrokenContract("ENGINE is a class; it must be an object: write ENGINE = " + engine.__name__ + "()")
    wrong = {**_wrong_names(engine, name), **_wrong_options(engine), **wrong_functions(engine, Engine)}
    wrong |= wrong_abilities(engine, ABILITIES)
    if wrong:
        raise BrokenContract(f"ENGINE, a {type(engine).__name__}, {listed(wrong)}")
    return cast(AnyEngine, engine)


def _wrong_names(engine: object, name: str) -> dict[str, str]:
    wrong = {}
    for member in ("name", "title"):
        found = getattr(engine, member, None)
        if found is None:
            wrong[member] = MISSING
        elif not isinstance(found, str) or not found:
            wrong[member] = f"is {quoted(found)}; it must be a text"
        elif member == "name" and found != name:
            wrong[member] = f"is {quoted(found)}; it must be {quoted(name)}, as its folder or entry point is called"
    return wrong


def _wrong_options(engine: object) -> dict[str, str]:
    wrong = {}
    for member, kind in (("Config", TrainingConfig), ("SceneOptions", Options)):
        found = getattr(engine, member, None)
        if found is None:
            wrong[member] = MISSING
        elif not (isinstance(found, type) and issubclass(found, kind)):
            what = found.__name__ if isinstance(found, type) else quoted(found)
            wrong[member] = f"is {what}; it must be a class derived from {kind.__name__}"
        else:
            try:
                found()
            except ValidationError as error:
                first = error.errors(include_url=False, include_context=False)[0]
                field = ".".join(str(part) for part in first["loc"])
                wrong[f"{member}.{field}"] = f"needs a default that may be ({shortened(first['msg'])})"
    return wrong


def abilities_of(engine: AnyEngine) -> list[str]:
    """What it can besides what every method does, in a few words each."""
    return [text for ability, text in ABILITIES.items() if isinstance(engine, ability)]


# What comes from a method while it works; what it builds draws from the global generators, which are put back
def opened(
    engine: AnyEngine, checkpoint: Checkpoint, device: torch.device, dataset: Dataset | None, options: Options
) -> Scene:
    """The scene of a checkpoint, looked at before anything else is done with it.

    Raises:
        UserError: see `Engine.open`.
        BrokenContract: it is not what a scene must be.
    """
    with all_generators_kept():
        scene = engine.open(checkpoint, device, dataset, options)
    return checked_scene(scene, engine.name, "open")


def with_derived(engine: AnyEngine, checkpoint: Checkpoint, options: Options) -> Checkpoint:
    """The checkpoint with what the method makes of its weights and files can keep, if it makes anything.

    Raises:
        UserError: see `Engine.open`.
        BrokenContract: it is not what such must be.
    """
    if not isinstance(engine, abilities.KeepsDerived):
        return replace(checkpoint, derived={})
    with all_generators_kept():
        derived = engine.derived(checkpoint, options)
    if not are_weights(derived):
        raise BrokenContract(f"method {engine.name}: derived gives no mapping of names to tensors on the CPU")
    return replace(checkpoint, derived=derived)


def begun(engine: AnyEngine, dataset: Dataset, config: TrainingConfig, device: torch.device) -> Training:
    """An optimisation that begins, looked at before its first step.

    Raises:
        UserError: see `Engine.train`.
        BrokenContract: it is not what a training must be.
    """
    with all_generators_kept():
        training = engine.train(dataset, config, device, config.seed)
    return _checked_training(training, engine.name, "train", 0)


def resumed(engine: AnyEngine, dataset: Dataset, checkpoint: Checkpoint, device: torch.device) -> Training:
    """An optimisation that goes on, looked at before its next step.

    Raises:
        UserError: see `Engine.resume`.
        BrokenContract: it is not what a training must be.
    """
    with all_generators_kept():
        training = engine.resume(dataset, checkpoint, device)
    return _checked_training(training, engine.name, "resume", checkpoint.step)


def scene_of(training: Training) -> Scene:
    """The scene as learnt so far, looked at before anything else is done with it.

    Raises:
        BrokenContract: it is not what a scene must be.
    """
    with all_generators_kept():
        scene = training.scene()
    name = getattr(scene, "engine", None)
    return checked_scene(scene, name if isinstance(name, str) else type(training).__name__, "a training's scene")


def checkpoint_of(training: Training) -> Checkpoint:
    """All that is needed to draw and to resume, looked at before it is written.

    Raises:
        BrokenContract: it is not what a training's checkpoint must be.
    """
    found: object = training.checkpoint()
    named, wrong = getattr(found, "engine", None), dict[str, str]()
    for member, (valid, kind) in _checkpoint(training.step_count).items():
        wrong |= wrong_value(found, member, valid, kind)
    engine = named if isinstance(named, str) else type(training).__name__
    _refuse(engine, "a training", type(found).__name__, "checkpoint", wrong)
    return cast(Checkpoint, found)


def _checkpoint(step: int) -> Kinds:
    return {
        "engine": (lambda value: isinstance(value, str), "the method's name"),
        "config": (lambda value: isinstance(value, Mapping), "a mapping of the options"),
        "step": (lambda value: value == step, f"{step}, the steps done so far"),
        "weights": (are_weights, "a mapping of names to tensors on the CPU"),
        "scene": (lambda value: isinstance(value, SceneInfo), "a SceneInfo"),
        "training": (lambda value: isinstance(value, Mapping), "a mapping: what resuming needs besides"),
    }


def _are_states(value: object) -> bool:
    return are_weights(value) and isinstance(value, Mapping) and "cpu" in value


def _checked_training(training: object, engine: str, member: str, step: int) -> Training:
    adopt_old_names(training, engine, RENAMED_IN_LEARNING)
    wrong = wrong_functions(training, Training)
    for name, (valid, kind) in _training(step).items():
        wrong |= wrong_value(training, name, valid, kind)
    wrong |= wrong_abilities(training, TRAINING_ABILITIES, _ABILITY_VALUES)
    _refuse(engine, member, type(training).__name__, "training", wrong)
    return cast(Training, training)


def checked_objective(found: object, engine: str) -> None:
    """Looks at what an `Optimisation` is given by a method.

    Raises:
        BrokenContract: names the method, and each member of the objective that is missing or wrong.
    """
    adopt_old_names(found, engine, RENAMED_IN_LEARNING)
    wrong = wrong_functions(found, Objective)
    for name, (valid, kind) in _OBJECTIVE.items():
        wrong |= wrong_value(found, name, valid, kind)
    wrong |= wrong_abilities(found, OBJECTIVE_ABILITIES, _ABILITY_VALUES)
    if wrong:
        raise BrokenContract(f"method {engine}: the objective, a {type(found).__name__}, {listed(wrong)}")


def require_losses(losses: object, engine: str) -> None:
    """Whether losses are what an `Optimisation` can lower; looked at in every step, which costs nothing.

    Raises:
        BrokenContract: names the method and the loss.
    """
    if not isinstance(losses, Mapping) or "total" not in losses:
        what = f"{', '.join(losses)}, but no" if isinstance(losses, Mapping) else f"a {type(losses).__name__}, not"
        raise BrokenContract(f'method {engine}: losses gives {what} "total", a loss by its name')
    for name, loss in losses.items():
        graph = name == "total"
        if not isinstance(loss, torch.Tensor) or loss.ndim or (graph and not loss.requires_grad):
            found = f"tensor {list(loss.shape)}" if isinstance(loss, torch.Tensor) else type(loss).__name__
            bare = " without a graph" if isinstance(loss, torch.Tensor) and not loss.ndim else ""
            raise BrokenContract(
                f"method {engine}: losses gives {name} as a {found}{bare}; it must be a tensor of no dimensions"
                f"{', with the graph of the network' * graph}"
            )


def _training(step: int) -> Kinds:
    return {
        "step_count": (lambda value: value == step, f"{step}, the steps done so far"),
        "notes": (are_texts, "a tuple of texts"),
    }


def checked_scene(scene: object, engine: str, member: str) -> Scene:
    """The scene, if it has what scenes have, of the kinds and shapes that the protocol says.

    Args:
        engine: the name of its method.
        member: what of the method gave it.

    Raises:
        BrokenContract: names the method, and each member of the scene that is missing or wrong.
    """
    adopt_old_names(scene, engine)
    wrong = wrong_functions(scene, Scene)
    for name, (valid, kind) in _SCENE.items():
        wrong |= wrong_value(scene, name, valid, kind)
    if "engine" not in wrong:
        wrong |= wrong_value(scene, "engine", lambda value: value == engine, quoted(engine))
    wrong |= wrong_abilities(scene, SCENE_ABILITIES, _ABILITY_VALUES)
    _refuse(engine, member, type(scene).__name__, "scene", wrong)
    return cast(Scene, scene)


def _refuse(engine: str, member: str, kind: str, what: str, wrong: dict[str, str]) -> None:
    if wrong:
        raise BrokenContract(f"method {engine}: the {what} from {member}, a {kind}, {listed(wrong)}")


_OBJECTIVE: Kinds = {
    "config": (lambda value: isinstance(value, OptimiserConfig), "options of a class derived from OptimiserConfig"),
    "photographs": (lambda value: isinstance(value, Views) and len(value) > 0, "Views, one at least"),
    "network": (lambda value: isinstance(value, torch.nn.Module), "a torch.nn.Module"),
}
_SCENE: Kinds = {
    "engine": (lambda value: isinstance(value, str), "the method's name"),
    "device": (lambda value: isinstance(value, torch.device), "the torch.device that it draws on"),
    "native_px": (lambda value: value is None or is_size(value), "(width, height), or None: any"),
    "cropped_px": (is_count, "a whole number of pixels, mostly 0"),
    "border_px": (is_count, "a whole number of pixels, mostly 0"),
    "bounds": (
        lambda value: is_array(value, (2, 3)) and bool((value[0] <= value[1]).all()),
        "an array [2, 3] of finite floats, the lowest corner before the highest",
    ),
    "up": (
        lambda value: is_array(value, (3,)) and abs(float(np.linalg.norm(value)) - 1) < UNIT_LENGTH,
        "an array [3] of finite floats, of length 1",
    ),
    "start": (lambda value: isinstance(value, Camera), "a Camera"),
    "cameras": (
        lambda value: isinstance(value, tuple) and all(isinstance(camera, Camera) for camera in value),
        "a tuple of Camera",
    ),
    "controls": (
        are_controls,
        "a tuple of Control of different names, each of kind number, integer, choice or time, with finite "
        "low <= default <= high and a choice for each number",
    ),
    "channels": (
        lambda value: are_texts(value) and are_in_order(value),
        'a tuple of different texts: "rgb", then "depth" where there is one, then others',
    ),
    "assumptions": (are_texts, "a tuple of texts"),
}
_ABILITY_VALUES: Kinds = {
    "near": (
        lambda value: isinstance(value, int | float | np.floating) and math.isfinite(value) and bool(value >= 0),
        "a number, 0 or more, world units",
    ),
    "room": (lambda value: is_count(value) and value > 0, "a whole number of time steps, 1 or more"),
    "sources_option": (lambda value: isinstance(value, str), "the name of a field of SceneOptions"),
    "least_sources": (lambda value: is_count(value) and value > 0, "a whole number of photographs, 1 or more"),
    "divides_steps": (lambda value: isinstance(value, bool), "True or False"),
    "draws_pixels": (lambda value: isinstance(value, bool), "True or False"),
    "notes": (are_texts, "a tuple of texts"),
    "workers": (is_count, "a whole number of processes; 0: none"),
    "reader": (lambda value: callable(getattr(value, "read", None)), "an object with read(step)"),
    "auxiliary": (are_modules, "a mapping of names to torch.nn.Module"),
    "generators": (_are_states, "what engines.core.seeding.generator_states(device) gives"),
}
"""What abilities have that is no function."""
