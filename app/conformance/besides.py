"""The checks of what a method may be able to do besides: each is tried where the method has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch

from app.conformance.authors_files import knows_its_files, reads_its_options, reads_what_it_writes
from app.conformance.drawing import open_checkpoint, whole_picture
from app.conformance.looking import require_seen
from app.conformance.others_files import knows_others_files, writes_others_files
from app.conformance.trial import Check, Failure, Trial, channels, difference, draw, require_kind
from app.conformance.unread import unread
from engines.core.abilities import (
    ChoosesPrimitives,
    FilledBox,
    FillsBox,
    HasConfigurationFile,
    HasViewingWeights,
    JudgesData,
    KeepsDerived,
    KnowsWeights,
    ReadsFiles,
    ReadsUpstream,
    SuggestsOptions,
    TakesInput,
    WritesFiles,
    WritesUpstream,
)
from engines.core.config import make_options
from engines.core.contract import opened, with_derived
from engines.core.errors import UserError
from engines.core.members import is_array
from engines.core.reading import shortened
from engines.core.scene_abilities import LeavesOut
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.scene_file import read_scene_file, write_scene_file


def keeps_its_input(trial: Trial) -> str:
    """Draws what photographs are made into without them: the picture is the same."""
    engine, checkpoint = trial.engine, trial.checkpoints[-1]
    if not isinstance(engine, TakesInput):
        return ""
    require_kind(engine.input_advice, str, "input_advice")
    if engine.input_option not in engine.SceneOptions.model_fields:
        raise Failure(f"input_option is {engine.input_option!r}, which is no field of {engine.SceneOptions.__name__}")
    takes = engine.takes_input(checkpoint)
    require_kind(takes, bool, "takes_input()")
    if not takes:
        return "not of these options"
    options = engine.SceneOptions()
    kept = engine.with_input(checkpoint, trial.data, options)
    require_kind(kept, Checkpoint, "with_input()")
    before = opened(engine, checkpoint, trial.device, trial.data, options)
    after = opened(engine, kept, trial.device, None, options)
    if found := difference(channels(before, draw(before)), channels(after, draw(after))):
        raise Failure(f"with_input() makes a checkpoint that draws another picture: {found}")
    return ""


def knows_its_weights(trial: Trial) -> None:
    """Compares `weights_to_draw` with a checkpoint of its own: names and shapes; draws with these alone."""
    engine, checkpoint = trial.engine, trial.checkpoints[-1]
    if isinstance(engine, KnowsWeights):
        config = make_options(engine.Config, checkpoint.config)
        needed = engine.weights_to_draw(config, checkpoint.weights)
        require_kind(needed, Mapping, "weights_to_draw()")
        for name, expected in needed.items():
            require_kind(expected, torch.Tensor, f"weights_to_draw()[{name!r}]")
            found = checkpoint.weights.get(name)
            if found is None or found.shape != expected.shape:
                shape = "is missing" if found is None else f"is {list(found.shape)}, not {list(expected.shape)}"
                raise Failure(f"weights_to_draw() names {name}, which in its own checkpoint {shape}")
            if expected.device.type != "meta":
                raise Failure(f"weights_to_draw() makes {name} on {expected.device}, not on the meta device")
        _draw_with(trial, {name: checkpoint.weights[name] for name in needed})


def _draw_with(trial: Trial, weights: Mapping[str, torch.Tensor]) -> None:
    """Draws with these weights alone: the same as with all."""
    if len(weights) == len(trial.checkpoints[-1].weights):
        return
    try:
        scene = open_checkpoint(trial, replace(trial.checkpoints[-1], weights=weights, training=None))
        drawn = channels(scene, draw(scene))
    except Exception as error:  # of whatever is missing
        what = f"{type(error).__name__}: {shortened(error)}"
        raise Failure(f"with the weights alone that weights_to_draw() names it draws nothing ({what})") from error
    if found := difference(whole_picture(trial), drawn):
        raise Failure(f"with the weights alone that weights_to_draw() names it draws another picture: {found}")


def views_with_less(trial: Trial) -> None:
    """Draws with and without what only training needs: the picture is the same."""
    engine, checkpoint = trial.engine, trial.checkpoints[-1]
    if isinstance(engine, HasViewingWeights):
        less = engine.viewing_weights(checkpoint)
        require_kind(less, Checkpoint, "viewing_weights()")
        scene = open_checkpoint(trial, less)
        if found := difference(whole_picture(trial), channels(scene, draw(scene))):
            raise Failure(f"with viewing_weights() it draws another picture: {found}")


def keeps_what_it_derives(trial: Trial) -> str:
    """Draws with what a file keeps, and with what is wrong there: always the picture that is drawn without."""
    engine, checkpoint, path = trial.engine, trial.checkpoints[-1], trial.folder / "derived.safetensors"
    if not isinstance(engine, KeepsDerived):
        return ""
    kind = engine.SceneOptions
    options = make_options(kind, {name: checkpoint.config[name] for name in kind.AS_TRAINED})
    kept, early = (with_derived(engine, each, options) for each in (checkpoint, trial.checkpoints[0]))
    write_scene_file(path, kept)
    read = read_scene_file(path)
    if found := difference(dict(kept.derived), dict(read.derived)):
        raise Failure(f"the file keeps something else of derived(): {found}")
    plain = open_checkpoint(trial, replace(checkpoint, training=None, derived={}))
    expected = channels(plain, draw(plain))
    wrong = {
        "what derived() gives": kept.derived,
        "what derived() gives of other weights": early.derived,
        "what derived() gives, of which a bit changed": {name: _changed(each) for name, each in kept.derived.items()},
        "what derived() gives, of which a part is missing": dict(list(kept.derived.items())[1:]),
        "what derived() gives, cut": {name: each.view(-1)[:-1] for name, each in kept.derived.items()},
    }
    for what, derived in wrong.items():
        scene = open_checkpoint(trial, replace(read, derived=derived))
        if found := difference(expected, channels(scene, draw(scene))):
            raise Failure(f"with {what} it draws another picture: {found}")
    return f"{sum(tensor.nbytes for tensor in kept.derived.values()) / 1e6:.1f} MB"


def _changed(tensor: torch.Tensor) -> torch.Tensor:
    changed = tensor.clone()
    if changed.numel():
        changed.view(-1).view(torch.uint8)[0] ^= 1
    return changed


def does_without_primitives(trial: Trial) -> str:
    """Draws a checkpoint of half of the primitives: the picture is that of the scene without the other half."""
    engine, checkpoint = trial.engine, trial.checkpoints[-1]
    if not isinstance(engine, ChoosesPrimitives):
        return ""
    scene = open_checkpoint(trial, checkpoint)
    whole: object = scene
    if not isinstance(whole, LeavesOut):
        raise Failure("with_primitives() chooses of what its scenes don't have: they lack primitives() and without()")
    kept = np.arange(len(whole.primitives())) % 2 == 0
    less = engine.with_primitives(checkpoint, kept)
    require_kind(less, Checkpoint, "with_primitives()")
    expected, found = whole.without(~kept, kept & False), open_checkpoint(trial, less)
    if apart := difference(channels(expected, draw(expected)), channels(found, draw(found))):
        raise Failure(f"with_primitives() makes a checkpoint that draws another picture than without(): {apart}")
    return f"{int(kept.sum())} of {len(kept)}"


def suggests_options(trial: Trial) -> None:
    """Tries what is suggested for each sample: fields that there are, values that may be."""
    engine = trial.engine
    if isinstance(engine, SuggestsOptions):
        for dataset in trial.samples:
            suggested = engine.suggested(dataset)
            require_kind(suggested, Mapping, "suggested()")
            make_options(engine.Config, suggested, f"suggested() for {dataset.source.name}")


def fills_box(trial: Trial) -> None:
    """Asks for the box of each sample: one in the world, or none."""
    engine = trial.engine
    if isinstance(engine, FillsBox):
        for dataset in trial.samples:
            try:
                box = engine.box(dataset, trial.config(dataset))
            except UserError:
                continue
            if box is None:
                continue
            require_kind(box, FilledBox, "box()")
            if not is_array(box.bounds, (2, 3)):
                raise Failure(
                    f"box() gives bounds {np.shape(box.bounds)}; they must be an array [2, 3] of finite floats"
                )
            if not (isinstance(box.text, str) and box.text and isinstance(box.doubt, str)):
                raise Failure(f"box() says {box.text!r} of where it is, and doubts {box.doubt!r}; both must be texts, "
                              "and the first not empty")  # fmt: skip
            cameras = [view.camera for view in dataset.split("train")]
            require_seen(box.bounds, cameras, f"box()'s bounds for {dataset.source.name}", "most of its cameras")


def judges_unseen(trial: Trial) -> None:
    """Asks `unsupported` of each sample, of which no photograph may be read."""
    if isinstance(trial.engine, JudgesData):
        for dataset in trial.samples:
            require_kind(trial.engine.unsupported(unread(dataset)), str, "unsupported()")


BESIDES: dict[type, tuple[Check, ...]] = {
    JudgesData: (Check("unsupported", "judges data without its photographs", judges_unseen),),
    ReadsUpstream: (Check("recognises", "knows its own files only", knows_its_files),),
    ReadsFiles: (Check("detects", "tells its files from others", knows_others_files),),
    WritesFiles: (Check("write_file", "writes files that it knows", writes_others_files, "training"),),
    WritesUpstream: (Check("write_upstream", "writes what it reads", reads_what_it_writes, "training"),),
    HasConfigurationFile: (
        Check("read_configured", "reads the options that it writes", reads_its_options, "training"),
    ),
    TakesInput: (Check("with_input", "draws the same picture without photographs", keeps_its_input, "training"),),
    KnowsWeights: (Check("weights_to_draw", "names what checkpoints hold", knows_its_weights, "training"),),
    HasViewingWeights: (Check("viewing_weights", "draws the same picture with less", views_with_less, "training"),),
    ChoosesPrimitives: (
        Check("with_primitives", "draws what is kept of its primitives", does_without_primitives, "training"),
    ),
    KeepsDerived: (Check("derived", "draws the same picture with what files keep", keeps_what_it_derives, "training"),),
    SuggestsOptions: (Check("suggested", "names options that there are", suggests_options),),
    FillsBox: (Check("box", "says where it is", fills_box),),
}
"""The checks of each ability."""
