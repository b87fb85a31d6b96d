"""A scene compared with photographs: PSNR and SSIM, per view, object and mean.

SSIM comes twice: as most papers of the field have it (Wang et al. 2004), and with uniform windows, as some do.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from app.camera.fitting import same_pose
from app.export.distributed_frames import owners
from app.viewing.instances import choice_of, trained_instances
from engines.core import distributed
from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import SMALLEST_SIDE_PX, resize_area
from engines.core.data.views import View, Views
from engines.core.device import to_host
from engines.core.engine import (
    INSTANCE,
    TIME,
    FindsSources,
    HasSources,
    LearnsPart,
    Scene,
    Stop,
    never_stop,
    whole_controls,
)
from engines.core.errors import Cancelled, UserError
from engines.core.learning import metrics
from engines.core.rendering import rendered

METRICS = ("psnr", "ssim", "ssim_uniform")
Size = Callable[[tuple[int, int]], tuple[int, int]]
"""(width, height) for (width, height)."""


def as_photographed(size_px: tuple[int, int]) -> tuple[int, int]:
    """The photograph's own size."""
    return size_px


@dataclass(frozen=True, eq=False)
class ComparedPair:
    """A picture and its photograph, as they are compared.

    Attributes:
        image, photograph: [H, W, 3], in [0, 1].
        valid: [H, W] bool, which pixels count; None: all.
        seconds: that the picture took.
    """

    image: Tensor
    photograph: Tensor
    valid: Tensor | None
    seconds: float


OnPair = Callable[[ComparedPair], None]


@dataclass(frozen=True)
class Score:
    """One view's."""

    view: str
    psnr: float
    ssim: float
    ssim_uniform: float
    instance: str = ""
    """The object's name, of a class."""
    time: int | None = None
    """The time step, of a recording."""
    valid: float = 1.0
    """The share of the pixels that count; masks leave out the others."""

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        values: dict[str, Any] = {"view": self.view} | {name: getattr(self, name) for name in METRICS}
        return values if self.valid == 1 else values | {"valid": self.valid}


OnView = Callable[[Score], None]
"""Is given each view's score."""


@dataclass(frozen=True)
class Evaluation:
    """The scores of some views, in their order."""

    scores: tuple[Score, ...]
    crop_px: int = 0
    """Left out on each side."""
    shapes: Mapping[str, float] = field(default_factory=dict)
    """Means of other scores, by their names in curves, where shapes are known, too."""
    told: str = ""
    """Which views they are, for people, where that was looked at: whether the run trained on them."""

    @property
    def psnr(self) -> float:
        """The mean over views, dB."""
        return self.means["psnr"]

    @property
    def ssim(self) -> float:
        """The mean over views."""
        return self.means["ssim"]

    @property
    def valid(self) -> float:
        """The mean share of the pixels that count."""
        return sum(score.valid for score in self.scores) / len(self.scores)

    @property
    def means(self) -> dict[str, float]:
        """The mean over views of each of `METRICS`."""
        return {name: sum(getattr(score, name) for score in self.scores) / len(self.scores) for name in METRICS}

    def of_instances(self) -> dict[str, Evaluation]:
        """Object by object; empty where there is only one scene."""
        of: dict[str, list[Score]] = {}
        for score in self.scores:
            if score.instance:
                of.setdefault(score.instance, []).append(score)
        return {name: Evaluation(tuple(scores), self.crop_px) for name, scores in of.items()}

    def of_times(self) -> dict[int, Evaluation]:
        """Time step by time step; empty where nothing moves."""
        of: dict[int, list[Score]] = {}
        for score in self.scores:
            if score.time is not None:
                of.setdefault(score.time, []).append(score)
        return {time: Evaluation(tuple(scores), self.crop_px) for time, scores in sorted(of.items())}

    def parts(self) -> dict[str, Evaluation]:
        """Objects and time steps, by what they are called in a table."""
        objects = {f"mean of {name}": part for name, part in self.of_instances().items()}
        return objects | {f"mean of time step {time}": part for time, part in self.of_times().items()}

    def to_json(self) -> dict[str, Any]:
        """Plain data, the mean first."""
        means = {name: part.means for name, part in self.of_instances().items()}
        times = {str(time): part.means for time, part in self.of_times().items()}
        return {
            **self.means,
            "crop_px": self.crop_px,
            **({"valid": self.valid} if self.valid < 1 else {}),
            **({"instances": means} if means else {}),
            **({"times": times} if times else {}),
            "views": [score.to_json() for score in self.scores],
        }

    def to_csv(self) -> str:
        """A line per view, the means of objects, the mean last."""
        rows = [(score.view, score.to_json()) for score in self.scores]
        rows += [(name, part.means) for name, part in self.parts().items()]
        rows.append(("mean", self.means))
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["view", *METRICS])
        writer.writerows([name, *(f"{values[metric]:.6f}" for metric in METRICS)] for name, values in rows)
        return text.getvalue()


def evaluate(
    scene: Scene,
    views: Views,
    on_view: OnView = lambda score: None,
    stop: Stop = never_stop,
    crop_px: int | None = None,
    dataset: Dataset | None = None,
    on_pair: OnPair = lambda pair: None,
    trained_px: Size = as_photographed,
) -> Evaluation:
    """Draws each view's camera and compares with its photograph.

    Args:
        on_view: called after each.
        crop_px: left out on each side before comparing; None: the scene's `border_px`.
        dataset: that the views are of, for a class: they say which object is to be drawn.
        on_pair: called with the picture and the photograph that are compared, before `on_view`.
        trained_px: the size that a photograph of some size is brought to, for scenes that draw any; where it is a
            square, the photograph's centred one.

    Only the part of photographs that the scene was trained on is compared, for methods that cut the rest off.
    Pixels that a photograph's mask leaves out, or its lens did not see, do not count; a view without any other is left
    out. A scene that is drawn from photographs is not compared with these. Several ranks divide the views, and all of
    them get the whole evaluation.

    Raises:
        UserError: there are no photographs, one is missing can't be read or is too small, or its object was not learnt.
        Cancelled: `stop` said so.
    """
    views = views.photographed
    if not views:
        raise UserError("no photographs to compare with in these views")
    controls = view_controls(scene, views, dataset)
    drawn_by = owners(scene, [view.camera for view in views], controls, distributed.here().count)
    crop = scene.border_px if crop_px is None else crop_px
    own: dict[int, Score] = {}
    cancelled = False
    for index in np.flatnonzero(np.array(drawn_by) == distributed.here().number).tolist():
        if _will_be_source(scene, views[index], controls[index]):
            continue
        try:
            pair = _pair(scene, views[index], controls[index], stop, trained_px)
            # Known when the picture is made.
            is_source = _is_source(scene, views[index], controls[index])
            values = None if is_source else _score(pair, crop, on_pair)
        except Cancelled:
            cancelled = True
            break
        if values is not None:
            own[index] = _named(values, views[index], scene, dataset)
            on_view(own[index])
    if distributed.any_of(cancelled):
        raise Cancelled
    told = distributed.all_gather([[index, asdict(score)] for index, score in own.items()])
    found = {index: Score(**score) for part in told for index, score in part}
    if not found:
        raise UserError(
            "nothing to compare with: all these photographs are what the scene is drawn from, or masked out as a whole"
        )
    return Evaluation(tuple(found[index] for index in sorted(found)), crop)


def view_controls(scene: Scene, views: Views, dataset: Dataset | None) -> list[dict[str, float]]:
    """The scene's controls for each view: its time step and, of a class, its object; all others at their default."""
    choices = _choices(scene, dataset, views)
    return [_controls(scene, view, choices) for view in views]


def _controls(scene: Scene, view: View, choices: Mapping[int, Mapping[str, float]]) -> dict[str, float]:
    """What draws the view's object and time step."""
    controls = whole_controls(scene, choices.get(view.instance, {}))
    if _is_timed(scene):
        controls[TIME] = float(view.time)
    return controls


def _is_timed(scene: Scene) -> bool:
    return any(control.name == TIME for control in scene.controls)


def _score(pair: ComparedPair, crop: int, on_pair: OnPair) -> dict[str, float] | None:
    """Of a picture and its photograph, by `METRICS`; None where no pixel counts."""
    image, photograph, valid = pair.image, pair.photograph, pair.valid
    if min(image.shape[:2]) - 2 * crop < SMALLEST_SIDE_PX:
        raise UserError(
            f"{crop} pixels off each side of {image.shape[1]}x{image.shape[0]} leave too little to compare; "
            f"at least {SMALLEST_SIDE_PX} pixels are needed"
        )
    if crop:
        image, photograph = (x[crop:-crop, crop:-crop] for x in (image, photograph))
        valid = valid[crop:-crop, crop:-crop] if valid is not None else None
        pair = ComparedPair(image, photograph, valid, pair.seconds)
    if valid is not None and not valid.any():
        return None
    on_pair(pair)
    values = {metric: float(getattr(metrics, metric)(image, photograph, valid)) for metric in METRICS}
    return values if valid is None else values | {"valid": float(valid.float().mean())}


def _named(values: Mapping[str, float], view: View, scene: Scene, dataset: Dataset | None) -> Score:
    name = dataset.instances[view.instance] if dataset is not None and dataset.instances else ""
    return Score(view.name, **values, instance=name, time=view.time if _is_timed(scene) else None)


def _is_source(scene: object, view: View, controls: Mapping[str, float]) -> bool:
    """Whether the scene is drawn from this very photograph."""
    sources = scene.sources(view.camera, controls) if isinstance(scene, HasSources) else ()
    return any(same_pose(view.camera, other) for other in sources)


def _will_be_source(scene: object, view: View, controls: Mapping[str, float]) -> bool:
    """As `_is_source`, before the picture is made, where the scene can tell."""
    sources = scene.find_sources(view.camera, controls) if isinstance(scene, FindsSources) else ()
    return any(same_pose(view.camera, other) for other in sources)


def _pair(scene: Scene, view: View, controls: Mapping[str, float], stop: Stop, trained_px: Size) -> ComparedPair:
    """The picture and the photograph at the scene's size, or the one wanted."""
    if scene.native_px is None:
        size_px = trained_px(view.camera.size_px)
        if size_px[0] != size_px[1]:
            return _learnt_pair(scene, view, size_px, controls, stop)
        side, cropped = size_px[0], 0
    else:
        side, cropped = min(scene.native_px) + 2 * scene.cropped_px, scene.cropped_px
    image, seconds = _timed(scene, view.square_camera(side, cropped), controls, stop)
    photograph, valid = view.square_image(side, cropped), view.square_valid(side, cropped)
    return ComparedPair(image, torch.from_numpy(photograph), _tensor(valid), seconds)


def _timed(scene: Scene, camera: Camera, controls: Mapping[str, float], stop: Stop) -> tuple[Tensor, float]:
    """The picture [H, W, 3] of a camera in the CPU's memory, where it is compared, and the seconds until it was."""
    began = time.perf_counter()
    image = to_host(rendered(scene, camera, controls, stop).image)
    return image, time.perf_counter() - began


def _learnt_pair(
    scene: Scene, view: View, size_px: tuple[int, int], controls: Mapping[str, float], stop: Stop
) -> ComparedPair:
    """At (width, height); of a scene that was trained on a part of each photograph, that part."""
    whole = view.camera.resized(size_px)
    asked: object = scene
    camera = asked.trained_part(whole) if isinstance(asked, LearnsPart) else whole
    rows, columns = _part_of(whole, camera)
    photograph, valid = resize_area(view.image(), size_px), view.resized_valid(size_px)
    image, seconds = _timed(scene, camera, controls, stop)
    counting = _tensor(None if valid is None else valid[rows, columns])
    return ComparedPair(image, torch.from_numpy(np.ascontiguousarray(photograph[rows, columns])), counting, seconds)


def _part_of(whole: Camera, part: Camera) -> tuple[slice, slice]:
    """Rows and columns of a picture that a camera of a part of it shows."""
    x, y = (round(a - b) for a, b in zip(whole.centre_px, part.centre_px, strict=True))
    return slice(y, y + part.size_px[1]), slice(x, x + part.size_px[0])


def _tensor(valid: Array | None) -> Tensor | None:
    return None if valid is None else torch.from_numpy(np.ascontiguousarray(valid))


def _choices(scene: Scene, dataset: Dataset | None, views: Views) -> dict[int, dict[str, float]]:
    """What chooses each of the views' objects, where the scene has several."""
    if dataset is None:
        return {}
    choices = {number: choice_of(scene, dataset, number) for number in np.unique(views.instances).tolist()}
    if not trained_instances(scene):
        return {}
    return {number: {INSTANCE: float(choice)} for number, choice in choices.items()}
