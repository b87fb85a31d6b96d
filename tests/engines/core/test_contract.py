"""What is said of methods that don't keep to the protocols: one line, before anything runs."""

from __future__ import annotations

import random
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import Field

from engines.core.config import Options, TrainingConfig
from engines.core.contract import begun, checked_engine, checked_scene, checkpoint_of, opened, resumed, scene_of
from engines.core.engine import Control
from engines.core.errors import BrokenContract, UserError
from tests.engines.core.examples import camera_at, checkpoint

CPU = torch.device("cpu")
NOTHING: Any = None
"""A dataset that nobody looks at."""


class Needy(TrainingConfig):
    size: int
    """Nobody knows."""


class Beyond(TrainingConfig):
    size: int = Field(0, ge=1, validate_default=True)
    """Below its own bound."""


def engine(**changes: Any) -> SimpleNamespace:
    """A whole one, with `changes`; a member of None is missing."""
    members: dict[str, Any] = {
        "name": "plain", "title": "Plain", "Config": TrainingConfig, "SceneOptions": Options,
        "open": lambda checkpoint, device, dataset, options: scene(),
        "train": lambda dataset, config, device, seed: training(),
        "resume": lambda dataset, checkpoint, device: training(),
    }  # fmt: skip
    return SimpleNamespace(**{name: member for name, member in (members | changes).items() if member is not None})


def scene(**changes: Any) -> SimpleNamespace:
    members: dict[str, Any] = {
        "engine": "plain", "device": CPU, "native_px": None, "cropped_px": 0, "border_px": 0,
        "bounds": np.array([[-1.0] * 3, [1.0] * 3]), "up": np.array([0.0, 0.0, 1.0]), "start": camera_at(0, 3, 1),
        "cameras": (), "controls": (), "channels": ("rgb",), "assumptions": (),
        "render": lambda camera, controls, stop: None,
    }  # fmt: skip
    return SimpleNamespace(**{name: value for name, value in (members | changes).items() if value is not ...})


def training(**changes: Any) -> SimpleNamespace:
    members: dict[str, Any] = {"step_count": 0, "notes": (), "scene": scene}
    members |= dict.fromkeys(("step", "checkpoint", "close"), lambda: None)
    return SimpleNamespace(**{name: value for name, value in (members | changes).items() if value is not ...})


def test_what_is_whole_is_handed_on() -> None:
    whole = engine(recognises=lambda content: False, read_upstream=lambda content, path: None)
    assert checked_engine(whole, "plain") is whole
    # More that may be left out, and functions that can't be looked into, are no fault.
    checked_engine(engine(train=lambda *everything: None, open=lambda *everything, more=1: None), "plain")
    made = scene(controls=(Control("which", "Which", "choice", 0, 1, 0, ("a", "b")),), native_px=(8, 9))
    assert checked_scene(made, "plain", "open") is made


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"open": None}, "lacks open"),
        ({"name": None, "Config": None}, "lacks name, Config"),
        ({"name": "other"}, "name is 'other'; it must be 'plain', as its folder or entry point is called"),
        ({"title": 3}, "title is 3; it must be a text"),
        ({"Config": Options}, "Config is Options; it must be a class derived from TrainingConfig"),
        ({"SceneOptions": TrainingConfig()}, "it must be a class derived from Options"),
        ({"Config": Needy}, "Config.size needs a default that may be (Field required)"),
        ({"Config": Beyond}, "Config.size needs a default that may be (Input should be greater"),
        ({"train": 3}, "train is 3; it must be a function"),
        (
            {"open": lambda checkpoint, device: None},
            "open takes (checkpoint, device); it is called with (checkpoint, device, dataset, options)",
        ),
        ({"recognises": lambda content: True}, "read_upstream must stand beside recognises"),
        ({"suggested": {}}, "suggested is {}; it must be a function"),
        ({"unsupported": lambda: ""}, "unsupported takes (); it is called with (dataset)"),
    ],
)
def test_wrong_engines(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(BrokenContract) as refused:
        checked_engine(engine(**changes), "plain")
    assert expected in str(refused.value) and "\n" not in str(refused.value)


def test_a_class_is_no_engine() -> None:
    with pytest.raises(BrokenContract, match=r"ENGINE is a class; it must be an object: write ENGINE = Needy\(\)"):
        checked_engine(Needy, "plain")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"up": ...}, "lacks up"),
        ({"up": np.array([0.0, 0.0, 2.0])}, "up is [3] of float64 [0.0, 0.0, 2.0]; it must be an array [3] of finite"),
        ({"up": [0.0, 0.0, 1.0]}, "up is [0.0, 0.0, 1.0]; it must be an array [3]"),
        ({"up": torch.tensor([0.0, 0.0, 1.0])}, "up is a Tensor; it must be an array [3]"),
        ({"bounds": np.zeros((3, 2))}, "bounds is [3, 2] of float64; it must be an array [2, 3]"),
        ({"bounds": np.full((2, 3), np.nan)}, "bounds is [2, 3] of float64, not all finite"),
        ({"bounds": np.array([[1.0] * 3, [0.0] * 3])}, "the lowest corner before the highest"),
        ({"channels": ["rgb"]}, "channels is ['rgb']; it must be a tuple of different texts"),
        ({"channels": ("depth",)}, 'different texts: "rgb", then "depth"'),
        ({"channels": ("rgb", "mask", "depth")}, 'different texts: "rgb", then "depth"'),
        ({"native_px": 128}, "native_px is 128; it must be (width, height), or None"),
        ({"start": None}, "start is None; it must be a Camera"),
        ({"cameras": [camera_at(0, 3, 1)]}, "it must be a tuple of Camera"),
        ({"controls": (Control("a", "A", "number", 0, 1, 2),)}, "low <= default <= high"),
        ({"near": "x"}, "near is 'x'; it must be a number, 0 or more, world units"),
        ({"near": float("nan")}, "near is nan; it must be a number, 0 or more, world units"),
        ({"controls": (Control("a", "A", "choice", 0, 2, 0, ("x",)),)}, "a choice for each number"),
        ({"engine": "other"}, "engine is 'other'; it must be 'plain'"),
        ({"render": ...}, "lacks render"),
        ({"render": lambda camera: None}, "render takes (camera); it is called with (camera, controls, stop)"),
        ({"prepare": lambda camera, controls, stop: None}, "room must stand beside prepare; prepared must stand"),
        ({"time_steps": lambda: 3}, "time_steps takes (); it is called with (controls)"),
        ({"up": ..., "border_px": -1}, "lacks up; border_px is -1; it must be a whole number of pixels"),
    ],
)
def test_wrong_scenes(changes: dict[str, Any], expected: str) -> None:
    wrong = engine(open=lambda checkpoint, device, dataset, options: scene(**changes))
    with pytest.raises(BrokenContract) as refused:
        opened(wrong, checkpoint(), CPU, None, Options())
    said = str(refused.value)
    assert said.startswith("method plain: the scene from open, a SimpleNamespace, ") and expected in said
    with pytest.raises(BrokenContract, match="the scene from a training"):
        scene_of(training(scene=lambda: scene(**(changes if "engine" not in changes else {"up": ...}))))


def test_a_property_that_fails_is_not_taken_for_a_missing_one() -> None:
    class Failing:
        @property
        def up(self) -> Any:
            raise KeyError("up")

    with pytest.raises(KeyError):
        checked_scene(Failing(), "plain", "open")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"close": ...}, "lacks close"),
        ({"notes": "none"}, "notes is 'none'; it must be a tuple of texts"),
        ({"step_count": ...}, "lacks step_count"),
        ({"step_count": 7}, "step_count is 7; it must be 0, the steps done so far"),
        ({"step": lambda batch: {}}, "step takes (batch); it is called with ()"),
    ],
)
def test_wrong_trainings(changes: dict[str, Any], expected: str) -> None:
    wrong = engine(train=lambda dataset, config, device, seed: training(**changes))
    with pytest.raises(UserError) as refused:
        begun(wrong, NOTHING, TrainingConfig(), CPU)
    assert str(refused.value).startswith("method plain: the training from train, a ") and expected in str(refused.value)


def test_a_resumed_training_stands_at_its_checkpoint() -> None:
    with pytest.raises(BrokenContract, match=r"training from resume, .* step_count is 0; it must be 5"):
        resumed(engine(), NOTHING, checkpoint(step=5), CPU)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"step": 3}, "step is 3; it must be 7, the steps done so far"),
        ({"weights": {"a": torch.zeros(1, device="meta")}}, "it must be a mapping of names to tensors on the CPU"),
        ({"weights": {"a": [1.0]}}, "it must be a mapping of names to tensors on the CPU"),
        ({"scene": None}, "scene is None; it must be a SceneInfo"),
        ({"training": None, "config": TrainingConfig()}, "it must be a mapping of the options; training is None"),
    ],
)
def test_wrong_checkpoints(changes: dict[str, Any], expected: str) -> None:
    right = checkpoint(step=7)
    assert checkpoint_of(training(step_count=7, checkpoint=lambda: right)) is right
    with pytest.raises(BrokenContract) as refused:
        checkpoint_of(training(step_count=7, checkpoint=lambda: replace(right, **changes)))
    assert str(refused.value).startswith("method example: the checkpoint from a training, a Checkpoint, ")
    assert expected in str(refused.value)
    with pytest.raises(BrokenContract, match="a dict, lacks engine, config, step"):
        checkpoint_of(training(step_count=7, checkpoint=dict))


def test_what_a_method_builds_moves_nobody_elses_chance() -> None:
    def built(made: Any) -> Any:
        torch.nn.Linear(2, 2), np.random.random(), random.random()
        return made

    drawing = engine(
        open=lambda checkpoint, device, dataset, options: built(scene()),
        train=lambda dataset, config, device, seed: built(training(scene=lambda: built(scene()))),
        resume=lambda dataset, checkpoint, device: built(training(step_count=1)),
    )

    before = torch.get_rng_state(), str(np.random.get_state()), random.getstate()
    opened(drawing, checkpoint(), CPU, None, Options())
    scene_of(begun(drawing, NOTHING, TrainingConfig(), CPU))
    resumed(drawing, NOTHING, checkpoint(step=1), CPU)
    after = torch.get_rng_state(), str(np.random.get_state()), random.getstate()
    assert torch.equal(before[0], after[0]) and before[1:] == after[1:]
