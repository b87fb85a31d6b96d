"""What every engine, its scenes and its trainings offer, as protocols: abilities are asked for, never a class.

`Engine`, `Scene` and `Training` are what there must be. What a scene or a training may have besides stands here, too;
what an engine may, in `abilities.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeAlias, TypeVar, runtime_checkable

import torch

from engines.core.camera import Array, Camera
from engines.core.config import Options, TrainingConfig
from engines.core.data.dataset import Dataset
from engines.core.frame import Frame
from engines.core.storage.checkpoint import Checkpoint

Stop = Callable[[], bool]
AnyConfig = TypeVar("AnyConfig", bound=TrainingConfig)
AnySceneOptions = TypeVar("AnySceneOptions", bound=Options)
ControlKind: TypeAlias = Literal["number", "integer", "choice", "time"]
TIME = "time"
"""The control that says which time step of a recording is drawn, counted from 0."""
INSTANCE = "instance"
"""The control that says which object of a class, or which of several recordings, is drawn; counted from 0."""
BLEND_WITH = "blend_with"
"""The control that says with which object of the class the chosen one is blended."""
BLEND = "blend"
"""The control that says how far the picture goes from the chosen object, 0, to the one it is blended with, 1."""


def never_stop() -> bool:
    """A `stop` for callers that always want the whole frame."""
    return False


@dataclass(frozen=True)
class Control:
    """One thing that a scene lets its viewer vary, besides the camera.

    Attributes:
        name: the key in `render`'s `controls`.
        label: for people.
        kind: how it is edited.
        low, high, default: the range; for a choice, indices into `choices`.
    """

    name: str
    label: str
    kind: ControlKind
    low: float
    high: float
    default: float
    choices: tuple[str, ...] = ()

    def clamped(self, value: float | None) -> float:
        """The value within the range; None: the default."""
        return self.default if value is None else min(max(value, self.low), self.high)


class Scene(Protocol):
    """A trained scene on a device, ready to be drawn. One thread at a time may call `render`."""

    engine: str
    device: torch.device
    native_px: tuple[int, int] | None
    """The one (width, height) it can draw, or None: any."""
    cropped_px: int
    """So many pixels were cut off each side of the picture to come to `native_px`; mostly 0."""
    border_px: int
    """The outermost pixels on each side that no photograph taught it; scores leave them out."""
    bounds: Array
    """[2, 3] box, world."""
    up: Array
    """[3] unit vector, world."""
    start: Camera
    cameras: tuple[Camera, ...]
    """The training cameras, as far as they are known."""
    controls: tuple[Control, ...]
    channels: tuple[str, ...]
    """What `render` gives: "rgb", "depth", then names in `Frame.extra`."""

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What neither the checkpoint nor the data said and was assumed, in plain words."""
        ...

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        """The picture from `camera`.

        Raises:
            Cancelled: `stop` said so; asked often enough to yield soon.
            UserError: a size that this scene can't draw.
        """
        ...


@runtime_checkable
class Staged(Protocol):
    """A scene that can say where a frame's time goes (`main.py bench`)."""

    def stages(self, camera: Camera) -> Mapping[str, Callable[[], object]]:
        """The frame's parts in order; each callable runs one, on the results of those before it."""
        ...


@dataclass(frozen=True)
class Audit:
    """What a slow and plain way says of a fast one, along some of a picture's rays.

    Attributes:
        rays: that were drawn by chance, and looked at both ways.
        wrong: of which one way hits something and the other doesn't, or elsewhere.
        points: that the fast way asked of the scene, a ray.
        plain_points: the same of the plain one.
    """

    rays: int
    wrong: int
    points: float
    plain_points: float


@runtime_checkable
class Audited(Protocol):
    """A scene that is drawn by a shortcut which is measured, not proven (`main.py bench`)."""

    def audit(self, camera: Camera, controls: Mapping[str, float], rays: int) -> Audit:
        """Compares it with the plain way, along `rays` of the picture's rays at most.

        Raises:
            UserError: as `render`.
        """
        ...


@runtime_checkable
class Prepares(Protocol):
    """A scene that makes something for each time step before it can be drawn, whatever the camera does then."""

    @property
    def room(self) -> int:
        """How many time steps it keeps."""
        ...

    def prepared(self, camera: Camera, controls: Mapping[str, float]) -> bool:
        """Whether `render` would begin to draw at once."""
        ...

    def prepare(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> None:
        """Makes what is needed; may run on another thread than `render`, at the same time.

        Raises:
            Cancelled: `stop` said so.
            UserError: what it is made of can't be read.
        """
        ...

    def cache_key(self, camera: Camera, controls: Mapping[str, float]) -> object:
        """Tells what must be prepared for different pictures apart: equal where one preparation serves both."""
        ...

    def placeholder(self, camera: Camera, controls: Mapping[str, float]) -> Frame:
        """Something to look at meanwhile, at once.

        Raises:
            UserError: what it is made of can't be read.
        """
        ...


@runtime_checkable
class HasSources(Protocol):
    """A scene that is drawn from some cameras' photographs, and true to life only near to them."""

    def sources(self, camera: Camera, controls: Mapping[str, float]) -> tuple[Camera, ...]:
        """The cameras that the picture from `camera` is drawn from; empty before that was ever drawn."""
        ...

    def advice(self, camera: Camera, controls: Mapping[str, float]) -> str:
        """Why the picture from `camera` can't be trusted, in plain words; empty where it can."""
        ...


@runtime_checkable
class FindsSources(Protocol):
    """A scene that can say what a picture would be drawn from before anything is made for it."""

    def find_sources(self, camera: Camera, controls: Mapping[str, float]) -> tuple[Camera, ...]:
        """The cameras that the picture from `camera` would be drawn from; may look at the disk.

        Raises:
            UserError: it can't be drawn, or the data can't be read.
        """
        ...


@runtime_checkable
class HasTimeSteps(Protocol):
    """A scene of several recordings, each of which is as long as it is."""

    def time_steps(self, controls: Mapping[str, float]) -> int:
        """How many time steps the recording that `controls` choose has."""
        ...


@runtime_checkable
class LearnsPart(Protocol):
    """A scene that was trained on a part of each photograph only."""

    def trained_part(self, camera: Camera) -> Camera:
        """The part of the picture from `camera` that was trained on, were it a photograph."""
        ...


@runtime_checkable
class HasNearPlane(Protocol):
    """A scene of which nothing is drawn that is nearer to the camera."""

    @property
    def near(self) -> float:
        """The plane's depth along +z, world units."""
        ...


class ImplicitSurface(Protocol):
    """A surface where a function of points crosses 0, ready to be asked on a device."""

    device: torch.device
    bounds: Array
    """[2, 3] box, world, in which it is looked for; nothing of it lies outside."""

    def values(self, points: torch.Tensor) -> torch.Tensor:
        """[N] float32, positive inside and negative outside, of `points` [N, 3], world. Keeps no gradients."""
        ...

    def colours(self, points: torch.Tensor) -> torch.Tensor:
        """[N, 3] in [0, 1], of points [N, 3] on the surface, world."""
        ...


@runtime_checkable
class HasSurface(Protocol):
    """A scene that is a surface: its mesh is that of the field itself, not fused from depths."""

    def surface(self, controls: Mapping[str, float]) -> ImplicitSurface:
        """What `controls` choose, e.g. one object of a class."""
        ...


def find_control(scene: Scene, name: str) -> Control | None:
    """The scene's control of that name; None where it has none."""
    return next((control for control in scene.controls if control.name == name), None)


def whole_controls(scene: Scene, controls: Mapping[str, float]) -> dict[str, float]:
    """A value for every control: the default where `controls` names none."""
    return {**{control.name: control.default for control in scene.controls}, **controls}


def instance_control(scene: Scene) -> Control | None:
    """The control that chooses an object or a recording; None of a scene where there is only one."""
    return find_control(scene, INSTANCE)


def time_control(scene: Scene, controls: Mapping[str, float]) -> Control | None:
    """The control of time, as far as it goes for `controls`; None of a scene where nothing moves."""
    found = find_control(scene, TIME)
    timed: object = scene
    if found is not None and isinstance(timed, HasTimeSteps):
        return replace(found, high=timed.time_steps(whole_controls(scene, controls)) - 1)
    return found


class Training(Protocol):
    """One optimisation under way."""

    step_count: int
    """Steps done; nobody else sets it. A training that shall go on elsewhere is resumed: a checkpoint of any `step` is
    gone on with from there."""
    notes: tuple[str, ...]
    """In plain words, what was assumed at the start."""

    def step(self) -> Mapping[str, float]:
        """One optimisation step; the losses by name.

        Raises:
            Diverged: a loss is not finite; says at which step and on which views. The weights are as before.
            Unreadable: a photograph can't be read.
        """
        ...

    def checkpoint(self) -> Checkpoint:
        """All that is needed to render and to resume, copied to the CPU."""
        ...

    def close(self) -> None:
        """Ends what runs beside it, such as processes that read photographs; no step comes afterwards."""
        ...

    def scene(self) -> Scene:
        """The scene as learnt so far, with a copy of the weights of its own."""
        ...


@runtime_checkable
class DividesSteps(Protocol):
    """A training whose steps several processes can divide among them; without this it is refused under torchrun."""

    divides_steps: bool
    """Whether this one's can."""


@runtime_checkable
class LearnsSmaller(Protocol):
    """A training, or a scene, of photographs brought to another size, that could draw any: judged at that size."""

    def trained_px(self, size_px: tuple[int, int]) -> tuple[int, int]:
        """(width, height) that a photograph of `size_px` is learnt at; where it is a square, of its centred one."""
        ...


class Engine(Protocol[AnyConfig, AnySceneOptions]):
    """A method. `engines/<name>/engine.py` sets `ENGINE` to one; what more it may be able to do: `abilities.py`."""

    name: str
    """That of its folder, or of its entry point."""
    title: str
    """For people."""
    Config: type[AnyConfig]
    """The options of a training."""
    SceneOptions: type[AnySceneOptions]
    """The options of a scene that is looked at."""

    def open(
        self, checkpoint: Checkpoint, device: torch.device, dataset: Dataset | None, options: AnySceneOptions
    ) -> Scene:
        """Builds the scene; cameras and geometry come from `dataset`, else the checkpoint, else stated assumptions.

        Raises:
            Lacking: a data folder is needed, and `dataset` is None.
            UserError: the checkpoint, or the data, can't be drawn.
        """
        ...

    def train(self, dataset: Dataset, config: AnyConfig, device: torch.device, seed: int) -> Training:
        """Begins an optimisation; the same seed, data and device give the same weights.

        Raises:
            UserError: nothing can be trained on this data.
        """
        ...

    def resume(self, dataset: Dataset, checkpoint: Checkpoint, device: torch.device) -> Training:
        """Continues one exactly, as if it had never been interrupted.

        Raises:
            UserError: the checkpoint has no training state, or the data is not that of the run.
        """
        ...


AnyEngine: TypeAlias = Engine[Any, Any]
"""An engine whose options are known when it runs only."""
