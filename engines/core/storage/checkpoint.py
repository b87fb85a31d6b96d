"""A trained scene as data: weights, and what is needed to place cameras around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from torch import Tensor

from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.errors import Lacking
from engines.core.upright import CHOSEN

HELD_OUT = "held_out"
"""The hint that lists the training views of its data folder which a run did not train on."""
DATA_BESIDE = "data"
"""The hint that names the data folder which lies beside a scene file and goes with it."""

INSTANCES = "instances"
"""The hint that lists the names of a class's objects, in the order of its codes."""

NUMBERS = {"near_plane": 1, "scale": 1, "grid_barycenter": 3, "near": 1, "far": 1, "cube_side": 1, "cube_centre": 3}
"""Hints of a known meaning, and how many numbers each is."""


@dataclass(frozen=True, eq=False)
class SceneInfo:
    """What a scene file carries so that no data folder is needed to render.

    Attributes:
        start: the camera to begin from.
        cameras: the training cameras.
        bounds: [2, 3] box, world.
        up: [3] unit vector, world.
        origin: `Dataset.origin`.
        up_found: how that was found; `engines.core.upright.CHOSEN` where somebody chose it.
        hints: `Dataset.hints`, e.g. `near_plane`, `scale`, `grid_barycenter`; and `instances`, where there are several.
    """

    start: Camera
    cameras: tuple[Camera, ...]
    bounds: Array
    up: Array
    hints: Mapping[str, Any] = field(default_factory=dict)
    up_found: str = ""
    origin: Array = field(default_factory=lambda: np.zeros(3))

    @property
    def chosen_up(self) -> Array | None:
        """[3] `up` where somebody chose it, else None."""
        return self.up if self.up_found == CHOSEN else None

    def with_up(self, up: Array) -> SceneInfo:
        """This information with `up` [3], a unit vector in the world, as somebody chose it."""
        return replace(self, up=up, up_found=CHOSEN)

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads back without loss."""
        return {
            "start": self.start.to_json(),
            "cameras": [camera.to_json() for camera in self.cameras],
            "bounds": self.bounds.tolist(),
            "up": self.up.tolist(),
            "up_found": self.up_found,
            "origin": self.origin.tolist(),
            "hints": dict(self.hints),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> SceneInfo:
        """Reads what `to_json` wrote.

        Raises:
            ValueError: a field is missing or malformed.
        """
        try:
            bounds, up = np.array(data["bounds"], dtype=np.float64), np.array(data["up"], dtype=np.float64)
            if bounds.shape != (2, 3) or up.shape != (3,):
                raise ValueError(f"bounds are {bounds.shape}, up is {up.shape}; need (2, 3) and (3,)")
            origin = np.array(data.get("origin", [0.0, 0.0, 0.0]), dtype=np.float64)
            if origin.shape != (3,) or not np.isfinite(origin).all():
                raise ValueError("origin must be three numbers")
            if not (np.isfinite(bounds).all() and np.isfinite(up).all()):
                raise ValueError("bounds or up have a value that is not finite")
            _check_hints(data["hints"])
            return SceneInfo(
                start=Camera.from_json(data["start"]),
                cameras=tuple(Camera.from_json(camera) for camera in data["cameras"]),
                bounds=bounds,
                up=up,
                hints=dict(data["hints"]),
                # Older files don't say.
                up_found=str(data.get("up_found", "")),
                origin=origin,
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a scene: {error}") from error

    @staticmethod
    def of_dataset(dataset: Dataset) -> SceneInfo:
        """What `dataset` says; begins at its first training view.

        Of a class, the cameras of its first object; of a recording, those of its first time step.
        """
        train = dataset.split("train") or dataset.views
        first = train.of_instance(int(train.instances[0]))
        cameras = tuple(view.camera for view in first.at_time(int(first.times[0])))
        hints = {**dataset.hints, INSTANCES: list(dataset.instances)} if dataset.instances else dataset.hints
        return SceneInfo(cameras[0], cameras, dataset.bounds, dataset.up, hints, dataset.up_found, dataset.origin)


def _check_hints(hints: Mapping[str, Any]) -> None:
    for name, count in NUMBERS.items():
        if name in hints and hints[name] is not None:
            values = np.array(hints[name], dtype=np.float64)
            if values.size != count or not np.isfinite(values).all():
                raise ValueError(f"hint {name} must be {count} finite number{'s' * (count > 1)}")


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """One trained scene; data only, nothing that runs.

    Attributes:
        engine: the engine's folder name.
        config: the fields of the engine's `Config`.
        step: optimisation steps done; 0 where unknown.
        weights: the engine's own tensor names.
        scene: None where the file carries no cameras (the authors' files don't).
        training: optimiser states and generators by name, for resuming; None when only to look at.
        notes: in plain words, what is to be known of how it was read; not written into files.
        derived: what the engine made of the weights, by its own names, and needn't make again; see `KeepsDerived`.
    """

    engine: str
    config: Mapping[str, Any]
    step: int
    weights: Mapping[str, Tensor]
    scene: SceneInfo | None = None
    training: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    derived: Mapping[str, Tensor] = field(default_factory=dict)


def scene_info(checkpoint: Checkpoint, dataset: Dataset | None) -> SceneInfo:
    """Cameras, box and up from the data folder where there is one, else as the checkpoint carries them.

    Raises:
        Lacking: neither is there.
    """
    if dataset is not None:
        return SceneInfo.of_dataset(dataset)
    if checkpoint.scene is None:
        raise Lacking("this checkpoint carries no cameras: choose the data folder it was trained on (--data FOLDER)")
    return checkpoint.scene


def copied_to_cpu(state: Any) -> Any:
    """Nested mappings and lists with every tensor copied to the CPU, its strides kept."""
    if isinstance(state, Tensor):
        return state.detach().to("cpu", copy=True)
    if isinstance(state, Mapping):
        return {key: copied_to_cpu(value) for key, value in state.items()}
    if isinstance(state, list | tuple):
        return [copied_to_cpu(value) for value in state]
    return state
