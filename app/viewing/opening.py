"""From a path to a scene that can be drawn."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from app.method_faults import or_method
from app.rendering.left_out import OmittedPrimitives, scene_without
from app.viewing.validation_split import as_trained
from engines import registry
from engines.core import contract
from engines.core.abilities import TakesInput
from engines.core.camera import Array
from engines.core.config import Options, make_options, parse_settings
from engines.core.data.dataset import Dataset
from engines.core.data.object_masks import as_learnt
from engines.core.data.origin import moved
from engines.core.device import choose_device
from engines.core.engine import AnyEngine, Scene
from engines.core.errors import Lacking, LacksInput, UserError
from engines.core.formats import open_dataset
from engines.core.reading import concerning, reading
from engines.core.storage.checkpoint import DATA_BESIDE, Checkpoint
from engines.core.storage.run_folder import LIVE_NAME, SCENE_NAME, is_claimed, run_data
from engines.core.storage.scene_file import rewrite_scene_file

logger = logging.getLogger(__name__)

NEARBY = 100.0
"""Times the size of a scene: what lies farther away is another one."""


@dataclass(frozen=True)
class CompanionPaths:
    """What is named beside a checkpoint.

    Attributes:
        config: the file of options that goes with an author's file; None: that which lies beside it, if there is one.
        photograph: what the scene is made of, or a folder of such, of methods that make scenes of photographs.
    """

    config: Path | None = None
    photograph: Path | None = None


ALONE = CompanionPaths()
"""Nothing is."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A scene, and what it was made of.

    Attributes:
        left_out: of the primitives that the checkpoint has, and the scene does not draw.
    """

    scene: Scene
    checkpoint: Checkpoint
    dataset: Dataset | None
    path: Path
    options: Options = field(default_factory=Options)
    beside: CompanionPaths = ALONE
    left_out: OmittedPrimitives | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes in plain words: what is to be known of the file, and of the data folder if there is one; each once."""
        of_data = self.dataset.notes if self.dataset is not None else ()
        noted = dict.fromkeys((*self.checkpoint.notes, *of_data))
        return tuple(text for text in noted if text not in self.scene.assumptions)

    @property
    def all_notes(self) -> tuple[str, ...]:
        """Notes in plain words: what the scene left open, and what is to be known of file and data; each once."""
        return tuple(dict.fromkeys((*self.scene.assumptions, *self.notes)))

    @property
    def origin(self) -> Array:
        """[3] where the scene's coordinates begin in the world of what is read and written; mostly 0."""
        if self.dataset is not None:
            return self.dataset.origin
        return self.checkpoint.scene.origin if self.checkpoint.scene is not None else np.zeros(3)


@dataclass(frozen=True)
class SceneSource:
    """How a scene is opened, so that it can be once more, elsewhere; and what of it is left out then."""

    path: Path
    data: Path | None = None
    device: str = "auto"
    settings: Sequence[str] = ()
    beside: CompanionPaths = ALONE
    left_out: OmittedPrimitives | None = None

    def open(self, photographs: bool = False) -> Opened:
        """Opens it, for whoever asks alone.

        Args:
            photographs: whether they are needed, to compare with.

        Raises:
            UserError: it can't be opened.
        """
        opened = open_scene(self.path, self.data, self.device, self.settings, None, photographs, self.beside)
        return without_left_out(opened, self.left_out)


def open_compared(source: SceneSource, data: Path | None) -> tuple[Opened, SceneSource]:
    """Opens a scene as it is, or, where it needs a data folder, with that of the scene it is compared with.

    Raises:
        UserError: it can't be opened.
    """
    try:
        return source.open(), source
    except LacksInput:
        raise
    except Lacking:
        if data is None:
            raise
    source = replace(source, data=data)
    return source.open(), source


def open_scene(
    path: Path,
    data: Path | None = None,
    device: str = "auto",
    settings: Sequence[str] = (),
    dataset: Dataset | None = None,
    photographs: bool = False,
    beside: CompanionPaths = ALONE,
) -> Opened:
    """Opens a checkpoint, with the data folder it needs or was trained on where that is given.

    A run that needs its photographs, and is given none, takes those of the folder that it was trained on, and a note
    says so.

    Args:
        path: scene file, run folder, or a file of an author's code.
        data: None: the folder that a scene file names beside itself, if there is one.
        settings: `["crop_border=true"]`, options of the engine's scenes.
        dataset: that of `data`, where it was read already.
        photographs: whether they are needed in any case, to compare with.
        beside: what else is named.

    Raises:
        UserError: anything that can't be opened; says what and the way out.
    """
    path = Path(path)
    where = choose_device(device)
    checkpoint = registry.read_checkpoint(path, beside.config)
    data = Path(data) if data is not None else data_beside(path, checkpoint)
    if dataset is None and data is not None:
        dataset = as_learnt(open_dataset(data), checkpoint.config)
    try:
        if photographs and dataset is None:
            raise Lacking("the photographs to compare with are needed: give --data FOLDER")
        return _open(path, checkpoint, dataset, where, settings, beside)
    except Lacking as error:
        own = run_data(_run_of(path)) if dataset is None else None
        if own is None:
            raise
        if not own.exists():
            more = f"the folder that the run was trained on, {own}, is not there any more"
            raise _saying_more(error, more) from error
    dataset = as_learnt(open_dataset(own), checkpoint.config)
    note = f"no data folder was named: that which the run was trained on is taken, {own}"
    dataset = replace(dataset, notes=(note, *dataset.notes))
    return _open(path, checkpoint, dataset, where, settings, beside)


def _saying_more(error: Lacking, more: str) -> Lacking:
    said = type(error)(f"{error}; {more}")
    if isinstance(error, LacksInput) and isinstance(said, LacksInput):
        said.advice = error.advice
    return said


def _run_of(path: Path) -> Path:
    """The run folder that a checkpoint is, or lies in as its trainings leave it."""
    return path.parent if path.name in (SCENE_NAME, LIVE_NAME) else path


def _open(
    path: Path,
    checkpoint: Checkpoint,
    dataset: Dataset | None,
    device: torch.device,
    settings: Sequence[str],
    beside: CompanionPaths,
) -> Opened:
    with concerning(path):
        engine = registry.find_engine(checkpoint.engine)
    if dataset is not None:
        dataset = where_learnt(dataset, checkpoint)
    options = scene_options(engine, checkpoint, settings, beside.photograph)
    # What is drawn from photographs is not drawn from those that it is going to be compared with.
    drawn_from = as_trained(checkpoint, dataset) if dataset is not None else None
    try:
        with or_method(), reading(path):
            scene = contract.opened(engine, checkpoint, device, drawn_from, options)
    except Lacking as error:
        name = _name_beside(checkpoint)
        if isinstance(error, LacksInput) and isinstance(engine, TakesInput):
            error.advice = engine.input_advice
        if dataset is None and name:
            more = f"{path.name} was kept with the folder {name}, which is not beside it"
            raise _saying_more(error, more) from error
        raise
    where = f", with {dataset.source}" if dataset is not None else ""
    logger.info("opened %s: %s, step %d, on %s%s", path, checkpoint.engine, checkpoint.step, scene.device, where)
    opened = Opened(scene, checkpoint, dataset, path, options, beside)
    # As somebody chose once, whatever the data folder says.
    return with_up(opened, checkpoint.scene.chosen_up if checkpoint.scene is not None else None)


def scene_options(
    engine: AnyEngine, checkpoint: Checkpoint, settings: Sequence[str] = (), photograph: Path | None = None
) -> Any:
    """What a checkpoint's scene is opened with: as it was trained, where `settings` don't say otherwise.

    Args:
        photograph: that the scene is made of, or a folder of such.

    Raises:
        UserError: an option can't be, or the method makes no scenes of photographs.
    """
    values = {name: checkpoint.config[name] for name in engine.SceneOptions.AS_TRAINED if name in checkpoint.config}
    named: dict[str, Any] = {}
    if photograph is not None:
        if not isinstance(engine, TakesInput) or not engine.takes_input(checkpoint):
            raise UserError(f"--input {photograph}: this scene is not made of a photograph; leave it out")
        # Over the settings: of a window that was begun with one there another can be chosen.
        named[engine.input_option] = str(photograph)
    return make_options(engine.SceneOptions, values | parse_settings(settings) | named)


def without_left_out(opened: Opened, left_out: OmittedPrimitives | None) -> Opened:
    """The scene without some of its primitives; None: as it is.

    Raises:
        UserError: it has others.
    """
    if left_out is None:
        return opened
    with concerning(opened.path):
        return replace(opened, scene=scene_without(opened.scene, left_out), left_out=left_out)


def where_learnt(dataset: Dataset, checkpoint: Checkpoint) -> Dataset:
    """The capture in the coordinates that the scene was learnt in, if it is of the same place."""
    scene = checkpoint.scene
    if scene is None:
        # The authors' files are of the folder's own coordinates.
        return moved(dataset, np.zeros(3))
    apart = scene.bounds.mean(axis=0) + scene.origin - dataset.bounds.mean(axis=0) - dataset.origin
    size = max(float(np.ptp(scene.bounds, axis=0).max()), float(np.ptp(dataset.bounds, axis=0).max()))
    return moved(dataset, scene.origin) if np.linalg.norm(apart) < NEARBY * size else dataset


def with_up(opened: Opened, up: Array | None) -> Opened:
    """The open scene, in which `up` [3], a unit vector in the world, is upwards; None: as it was."""
    if up is None:
        return opened
    opened.scene.up = up
    return replace(opened, dataset=opened.dataset.with_up(up) if opened.dataset is not None else None)


def keep_up(path: Path, up: Array) -> None:
    """Writes into a scene file, or a run's, that somebody chose `up` [3], for whoever opens it next.

    Raises:
        UserError: it is no file of ours, carries no cameras, is being learnt, or can't be written.
    """
    run = path if path.is_dir() else path.parent
    if is_claimed(run):
        raise UserError(f"{run}: it is being learnt; choose up again when that has ended")
    file = path / SCENE_NAME if path.is_dir() else path
    if file.suffix != ".safetensors":
        raise UserError(f"{file}: only scene files keep which way is up (main.py convert makes one)")
    scene = registry.read_checkpoint(file).scene
    if scene is None:
        raise UserError(f"{file}: carries no cameras, and keeps no direction")
    rewrite_scene_file(file, scene.with_up(up))


def title_of(path: Path) -> str:
    """What a person calls the scene: a run's files have the same names in every run, its folder tells which."""
    return path.parent.name if path.name in (SCENE_NAME, LIVE_NAME) else path.name


def stem_of(path: Path) -> str:
    """What files that are made of the scene are called, before their suffix."""
    name = title_of(path)
    return name if path.is_dir() or name != path.name else path.stem


def data_beside(path: Path, checkpoint: Checkpoint) -> Path | None:
    """The data folder that goes with a scene file: it says its name, and lies in the same folder."""
    name = _name_beside(checkpoint)
    folder = path.parent / name
    return folder if name and folder.is_dir() else None


def _name_beside(checkpoint: Checkpoint) -> str:
    name = checkpoint.scene.hints.get(DATA_BESIDE) if checkpoint.scene is not None else None
    # A name only: a file that somebody sent must not choose what is read from elsewhere.
    return name if isinstance(name, str) and name != ".." and Path(name).name == name else ""


def as_settings(values: Mapping[str, Any]) -> tuple[str, ...]:
    """`KEY=VALUE` of chosen options."""
    # JSON is YAML, which settings are read as.
    return tuple(f"{name}={json.dumps(value)}" for name, value in values.items())
