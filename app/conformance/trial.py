"""What the checks share: the method, its data, a short training of it, and how things are compared."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from engines.core.abilities import suggested_options
from engines.core.config import TrainingConfig, check_fields, make_options
from engines.core.contract import begun, checkpoint_of
from engines.core.data.dataset import Dataset
from engines.core.engine import AnyEngine, Scene, Training, never_stop, whole_controls
from engines.core.frame import Frame
from engines.core.storage.checkpoint import Checkpoint

STEPS = 3
SEED = 1
SMALL_PX = 24
"""Longer side of the pictures that are drawn where any size can be."""


class Failure(Exception):
    """What a method does not do; one line."""


@dataclass(frozen=True)
class Check:
    """One thing that is tried.

    Attributes:
        member: of the method, that it concerns; also what it is named by.
        does: what is expected, to be read after the member.
        run: does it; what it returns is said beside the result.
        needs: what checks before must have made; else this one is not tried.
    """

    member: str
    does: str
    run: Callable[[Trial], str | None]
    needs: Literal["", "training", "scene"] = ""


@dataclass
class Trial:
    """A method that is tried.

    Attributes:
        samples: data to train on, of which the first is taken that the method does not refuse.
        settings: options over those that the method names for a trial.
        folder: for files.
    """

    engine: AnyEngine
    samples: Sequence[Dataset]
    settings: Mapping[str, Any]
    folder: Path
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    """The CPU: only there are two runs promised to be the same."""
    dataset: Dataset | None = None
    checkpoints: list[Checkpoint] = field(default_factory=list)
    """After 0, 1, ... `STEPS` steps."""
    scene: Scene | None = None
    """The scene after a training's first step."""
    picture: dict[str, Tensor] | None = None
    """What is drawn of the last checkpoint, by its channels."""

    def has(self, what: str) -> bool:
        """Whether what a check needs was made."""
        made = {"": True, "training": len(self.checkpoints) > STEPS, "scene": self.scene is not None}
        return made[what]

    @property
    def data(self) -> Dataset:
        """The sample that is trained on."""
        if self.dataset is None:
            raise Failure("there is no data that it trains on")
        return self.dataset

    @property
    def drawn(self) -> Scene:
        """What was learnt."""
        if self.scene is None:
            raise Failure("there is no scene")
        return self.scene

    def config(self, dataset: Dataset, **changes: Any) -> TrainingConfig:
        """The options of a short training on some data."""
        kind = self.engine.Config
        suggested = suggested_options(self.engine, dataset)
        require_kind(suggested, Mapping, "suggested()")
        check_fields(kind, suggested, f"suggested() for {dataset.source.name}")
        check_fields(kind, kind.TRIAL, f"{kind.__name__}.TRIAL")
        small = {**suggested, **kind.TRIAL, "max_steps": STEPS, "seed": SEED}
        made: TrainingConfig = make_options(kind, {**small, **self.settings, **changes})
        return made.model_copy(update={"outside_masks": "kept"}) if made.outside_masks == "auto" else made

    @contextmanager
    def training(self, dataset: Dataset | None = None, **changes: Any) -> Iterator[Training]:
        """A training that begins."""
        data = dataset if dataset is not None else self.data
        with closing(begun(self.engine, data, self.config(data, **changes), self.device)) as training:
            yield training

    def learnt(self, steps: int, **changes: Any) -> Checkpoint:
        """The checkpoint of a training of its own."""
        with self.training(**changes) as training:
            for _ in range(steps):
                training.step()
            return checkpoint_of(training)


def require_kind(found: object, kind: type, what: str) -> None:
    """Whether what a method gave is of a kind.

    Args:
        what: which function gave it, for people.

    Raises:
        Failure: says what it is, and what it must be.
    """
    if not isinstance(found, kind):
        raise Failure(f"{what} gives {type(found).__name__}; it must give {kind.__name__}")


def others_draw() -> None:
    """The rest of the program takes its chance: the global generators are elsewhere than before."""
    torch.rand(1)
    np.random.random()
    random.random()


def global_states() -> dict[str, Any]:
    """The states of torch's, numpy's and Python's global generators."""
    numpy: Any = np.random.get_state(legacy=False)
    of_numpy = (numpy["state"]["key"].tolist(), numpy["state"]["pos"])
    return {"torch": torch.get_rng_state(), "numpy": of_numpy, "Python": random.getstate()}


def small_camera(scene: Scene) -> Any:
    """Its first camera, of a picture that is drawn soon."""
    longer = max(scene.start.size_px)
    return scene.start if scene.native_px or longer <= SMALL_PX else scene.start.scaled(SMALL_PX / longer)


def draw(scene: Scene, controls: Mapping[str, float] | None = None) -> Frame:
    """A small picture from the scene's first camera."""
    return scene.render(small_camera(scene), whole_controls(scene, controls or {}), never_stop)


def channels(scene: Scene, frame: Frame) -> dict[str, Tensor]:
    """What the frame gives of what the scene names."""
    found = {"rgb": frame.image}
    if frame.depth is not None:
        found["depth"] = frame.depth
    return found | {name: frame.extra[name] for name in scene.channels if name in frame.extra}


def difference(first: Any, second: Any, name: str = "") -> str:
    """The first place where two nested states differ, and by how much; "" where every bit is the same."""
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        if first.shape != second.shape or first.dtype != second.dtype:
            return f"{name} is {_kind(second)}, not {_kind(first)}"
        if torch.equal(first, second) or torch.equal(first.nan_to_num(), second.nan_to_num()):
            return ""
        return f"{name} differs by up to {(first.double() - second.double()).abs().max().item():.3g}"
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        if first.keys() != second.keys():
            return f"{name or 'one'} has {', '.join(map(str, first.keys() ^ second.keys()))}, and the other not"
        pairs = [(f"{name}.{key}" if name else str(key), first[key], second[key]) for key in first]
    elif isinstance(first, list | tuple) and isinstance(second, list | tuple) and len(first) == len(second):
        pairs = [(f"{name}[{place}]", *both) for place, both in enumerate(zip(first, second, strict=True))]
    else:
        return "" if bool(first == second) else f"{name} is {second!r}, not {first!r}"
    return next((text for text in (difference(a, b, key) for key, a, b in pairs) if text), "")


def _kind(tensor: Tensor) -> str:
    return f"{list(tensor.shape)} of {str(tensor.dtype).removeprefix('torch.')}"
