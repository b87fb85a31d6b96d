"""The checks of what a method may be able to do besides: each is tried where the method has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from app.conformance.drawing import open_checkpoint
from app.conformance.trial import Check, Failure, Trial, channels, difference, draw, require_kind
from engines.core.abilities import (
    FilledBox,
    FillsBox,
    HasConfigurationFile,
    HasViewingWeights,
    KeepsDerived,
    KnowsWeights,
    ReadsUpstream,
    SuggestsOptions,
    TakesInput,
    WritesUpstream,
)
from engines.core.checkpoint import Checkpoint
from engines.core.config import make_options
from engines.core.contract import opened, with_derived
from engines.core.errors import UserError
from engines.core.scene_file import read_scene_file, write_scene_file
from engines.core.torch_file import read_torch_file, write_torch_file


def of_nobody() -> tuple[Any, ...]:
    """What torch files of no method may hold."""
    return {}, {"model": {}}, {"model": 3}, {3: 4}, {"state_dict": [1]}, {"model": torch.zeros(1)}, {"a": torch.ones(2)}


def knows_its_files(trial: Trial) -> None:
    """Tries `recognises` on files of nobody: it neither takes them for its own nor fails."""
    engine = trial.engine
    if isinstance(engine, ReadsUpstream):
        for content in of_nobody():
            found = engine.recognises(content)
            require_kind(found, bool, "recognises()")
            if found:
                raise Failure(f"recognises() takes {content} for its own")


def reads_what_it_writes(trial: Trial) -> str:
    """Writes a checkpoint as the authors do, and reads it back: weights are the same, options such as may be."""
    engine, checkpoint, path = trial.engine, trial.checkpoints[-1], trial.folder / "authors.pth"
    if not isinstance(engine, WritesUpstream) or not isinstance(engine, ReadsUpstream):
        return ""
    try:
        written = engine.write_upstream(checkpoint)
        require_kind(written, Mapping, "write_upstream()")
        write_torch_file(path, written)
    except UserError as error:
        return f"not of these options: {error}"
    content = read_torch_file(path)
    if not engine.recognises(content):
        raise Failure("recognises() does not know what write_upstream() wrote")
    read = engine.read_upstream(content, path)
    require_kind(read, Checkpoint, "read_upstream()")
    make_options(engine.Config, read.config, "read_upstream's config")
    shared = {name: tensor for name, tensor in read.weights.items() if name in checkpoint.weights}
    if not shared:
        raise Failure("read_upstream() gives none of the weights that were written")
    if found := difference({name: checkpoint.weights[name] for name in shared}, shared):
        raise Failure(f"read_upstream() gives other weights than were written: {found}")
    return ""


def reads_its_options(trial: Trial) -> str:
    """Writes weights and options as the authors do, and reads both back: it is drawn with the same options."""
    engine, checkpoint, path = trial.engine, trial.checkpoints[-1], trial.folder / "authors.pth"
    if not isinstance(engine, HasConfigurationFile) or not isinstance(engine, WritesUpstream):
        return ""
    try:
        content = engine.write_upstream(checkpoint)
    except UserError as error:
        return f"not of these options: {error}"
    text = engine.configuration_text(checkpoint, path.name)
    require_kind(text, str, "configuration_text()")
    configuration = trial.folder / "elsewhere.yaml"
    configuration.write_text(text, encoding="utf-8")
    read = engine.read_configured(content, path, configuration)
    require_kind(read, Checkpoint, "read_configured()")
    config = make_options(engine.Config, read.config, "read_configured's config")
    own = make_options(engine.Config, checkpoint.config)
    for name in engine.SceneOptions.AS_TRAINED:
        if getattr(config, name) != getattr(own, name):
            raise Failure(
                f"read_configured() gives {name}={getattr(config, name)!r} of what configuration_text() wrote for "
                f"{getattr(own, name)!r}"
            )
    return ""


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
    """Compares `weights_to_draw` with a checkpoint of its own: names and shapes."""
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


def views_with_less(trial: Trial) -> None:
    """Draws with and without what only training needs: the picture is the same."""
    engine, checkpoint = trial.engine, trial.checkpoints[-1]
    if isinstance(engine, HasViewingWeights):
        less = engine.viewing_weights(checkpoint)
        require_kind(less, Checkpoint, "viewing_weights()")
        both = [open_checkpoint(trial, each) for each in (replace(checkpoint, training=None), less)]
        all_of_it, drawn = (channels(scene, draw(scene)) for scene in both)
        if found := difference(all_of_it, drawn):
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
            if np.shape(box.bounds) != (2, 3) or not np.isfinite(box.bounds).all():
                raise Failure(f"box() gives bounds {np.shape(box.bounds)}; they must be [2, 3] and finite")


BESIDES: dict[type, tuple[Check, ...]] = {
    ReadsUpstream: (Check("recognises", "knows its own files only", knows_its_files),),
    WritesUpstream: (Check("write_upstream", "writes what it reads", reads_what_it_writes, "training"),),
    HasConfigurationFile: (
        Check("read_configured", "reads the options that it writes", reads_its_options, "training"),
    ),
    TakesInput: (Check("with_input", "draws the same picture without photographs", keeps_its_input, "training"),),
    KnowsWeights: (Check("weights_to_draw", "names what checkpoints hold", knows_its_weights, "training"),),
    HasViewingWeights: (Check("viewing_weights", "draws the same picture with less", views_with_less, "training"),),
    KeepsDerived: (Check("derived", "draws the same picture with what files keep", keeps_what_it_derives, "training"),),
    SuggestsOptions: (Check("suggested", "names options that there are", suggests_options),),
    FillsBox: (Check("box", "says where it is", fills_box),),
}
"""The checks of each ability."""
