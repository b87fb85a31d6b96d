"""Which photographs of which objects a scene is made of, and how near that comes to what the data knows of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from app.shapes.scores import (
    THRESHOLDS,
    ObjectScore,
    ShapeScores,
    depth_error,
    intersections_over_unions,
)
from app.viewing.instances import choice_of, trained_instances
from engines.core.data.dataset import Dataset
from engines.core.data.depth_files import resized_depth
from engines.core.data.views import Split
from engines.core.data.volumes import turned
from engines.core.engine import INSTANCE, Scene, Stop, never_stop, whole_controls
from engines.core.errors import Cancelled, UserError
from engines.core.scene_abilities import ChoosesSources, HasDepthMaps, HasVolume

DIGITS = 1e-3
"""How far a grid may stand from the data's box, in its sides: more than rounding."""


class UnknownShape(UserError):
    """The data has nothing to compare an object with."""


@dataclass(frozen=True)
class ScoringRequest:
    """What is to be scored.

    Attributes:
        split: of the photographs that the scene is made of.
        photographs: of each object; None: as many as the scene takes by itself.
        chosen: whether the scene's own choice is kept, as somebody made it; else they are drawn by chance.
        thresholds: of occupancies.
        seed: of that chance.
    """

    split: Split
    photographs: int | None = None
    chosen: bool = False
    thresholds: tuple[float, ...] = THRESHOLDS
    seed: int = 0


def score_shapes(
    scene: Scene,
    dataset: Dataset,
    request: ScoringRequest,
    on_object: Callable[[int, int], None] = lambda done, total: None,
    stop: Stop = never_stop,
) -> ShapeScores:
    """Makes the scene of photographs of each object, and compares: voxels after 1, 2... of them, or depth maps of all.

    Args:
        dataset: that the scene was opened with, its views in splits as the run had them.
        on_object: told how many are done, of how many.

    Raises:
        UserError: the scene is of another kind, or there are too few photographs; `UnknownShape` of that name.
        Cancelled: `stop` said so.
    """
    known: object = scene
    of_volumes = isinstance(known, HasVolume)
    if not isinstance(known, ChoosesSources) or not (of_volumes or isinstance(known, HasDepthMaps)):
        raise UserError(
            f"this scene of {scene.engine} is not made of photographs as voxels or depth maps, which --shapes "
            "compares; leave it out to compare pictures"
        )
    views = dataset.split(request.split).photographed
    if not views:
        raise UserError(f"{dataset.source}: no photographs in its {request.split} views")
    scores, numbers = list[ObjectScore](), np.unique(views.instances).tolist()
    for number in numbers:
        if stop():
            raise Cancelled
        chosen = _photographs(known, scene, dataset, number, request)
        made, controls = known.made_of(chosen), _controls(scene, dataset, number)
        name = dataset.instances[number] if dataset.instances else dataset.source.name
        if isinstance(made, HasVolume):
            iou = _compared_volume(made.volume(controls), dataset, number, request.thresholds)
            scores.append(ObjectScore(name, chosen, iou=iou))
        elif isinstance(made, HasDepthMaps):
            depth = made.depth_maps(controls)["depth"]
            scores.append(ObjectScore(name, chosen, depth=_compared_depths(depth, known, controls, dataset, chosen)))
        on_object(len(scores), len(numbers))
    return ShapeScores(tuple(scores), request.thresholds if of_volumes else (), dataset.source.name)


def _controls(scene: Scene, dataset: Dataset, number: int) -> dict[str, float]:
    choice = choice_of(scene, dataset, number)
    return whole_controls(scene, {INSTANCE: float(choice)} if trained_instances(scene) else {})


def _photographs(
    known: ChoosesSources, scene: Scene, dataset: Dataset, number: int, request: ScoringRequest
) -> tuple[int, ...]:
    """Numbers of those that the scene is made of, in order."""
    controls = _controls(scene, dataset, number)
    if request.chosen:
        return known.chosen_sources(controls)
    count = request.photographs or len(known.chosen_sources(controls))
    # By name: the run's own order of the views has those in front that it trained on.
    wanted = {view.name for view in dataset.views.of_instance(number).split(request.split)}
    own = [at for at, view in enumerate(known.source_views(controls)) if view.name in wanted]
    if len(own) < count:
        whose = f"object {dataset.instances[number]}" if dataset.instances else "it"
        raise UserError(
            f"{dataset.source}: {whose} has {len(own)} photograph{'s' * (len(own) != 1)} among its {request.split} "
            f"views, and {count} are to be looked at; --photographs {max(len(own), 1)} asks for fewer"
        )
    order = np.random.default_rng([request.seed, number]).permutation(own)
    return tuple(order[:count].tolist())


def _compared_volume(
    volume: Mapping[str, np.ndarray], dataset: Dataset, number: int, thresholds: tuple[float, ...]
) -> np.ndarray:
    """[T, K]."""
    occupancy, axes = volume["occupancy"], volume["axes"]
    side = occupancy.shape[-1]
    if dataset.volumes is None or not dataset.volumes.has(number, side):
        name = f" of object {dataset.instances[number]}" if dataset.instances else ""
        raise UnknownShape(f"{dataset.source}: has no {side}x{side}x{side} voxels{name} to compare with")
    low, high = dataset.bounds
    expected = axes @ (low + high) / 2 + np.array([[-0.5], [0.5]]) * (high - low).max()
    if np.abs(volume["bounds"] - expected).max() > DIGITS * (high - low).max():
        raise UserError(f"{dataset.source}: the scene's grid stands elsewhere than the voxels of its objects")
    return intersections_over_unions(occupancy, turned(dataset.volumes.read(number, side), axes), thresholds)


def _compared_depths(
    depth: np.ndarray,
    known: ChoosesSources,
    controls: Mapping[str, float],
    dataset: Dataset,
    chosen: tuple[int, ...],
) -> float:
    """As `depth_error`."""
    views, (low, high) = known.source_views(controls), dataset.bounds
    side, size_px = (high - low).max(), (depth.shape[2], depth.shape[1])
    if any(views[number].depth_path is None for number in chosen):
        raise UnknownShape(f"{dataset.source}: photographs such as {views[chosen[0]].name} have no depth map")
    true = np.stack([resized_depth(views[number].depth(), size_px) for number in chosen])
    return depth_error(depth / np.float32(side), true / np.float32(side))
