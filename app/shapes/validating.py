"""Scores of shapes while a training goes on: of some of the objects, or views, that are held out."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np

from app.shapes.scores import THRESHOLDS, ShapeScores
from app.shapes.scoring import ScoringRequest, UnknownShape, score_shapes
from app.viewing.instances import find_choice
from engines.core.data.dataset import Dataset
from engines.core.engine import Scene, Stop
from engines.core.scene_abilities import ChoosesSources, HasDepthMaps, HasVolume

OBJECTS = 8
"""At most so many are scored in a validation, spread evenly."""


def validation_shapes(scene: Scene, dataset: Dataset, stop: Stop) -> dict[str, float]:
    """The means by their names in curves: `iou_1`, `iou_2`... after so many photographs, or `depth_l1`.

    Empty where the scene is not made of photographs, or the data doesn't know the shapes of what is held out.

    Raises:
        Cancelled: `stop` said so.
        UserError: a file can't be read.
    """
    known: object = scene
    views = dataset.split("validation").photographed
    if not isinstance(known, ChoosesSources) or not isinstance(known, HasVolume | HasDepthMaps) or not views:
        return {}
    numbers = [int(n) for n in np.unique(views.instances) if find_choice(scene, dataset, int(n)) is not None]
    numbers = numbers[:: max(-(-len(numbers) // OBJECTS), 1)]
    some = replace(dataset, views=dataset.views.chosen(np.isin(dataset.views.instances, numbers)))
    if not numbers:
        return {}
    views = some.split("validation").photographed
    fewest = min(len(views.of_instance(number)) for number in numbers)
    usual = len(known.chosen_sources({control.name: control.default for control in scene.controls}))
    with contextlib.suppress(UnknownShape):
        return _named(score_shapes(scene, some, ScoringRequest("validation", min(fewest, usual)), stop=stop))
    return {}


def _named(scores: ShapeScores) -> dict[str, float]:
    if not scores.thresholds:
        return {"depth_l1": scores.depth_of(scores.scores)}
    means = scores.iou_of(scores.scores)[:, scores.thresholds.index(THRESHOLDS[0])]
    return {f"iou_{count}": float(value) for count, value in enumerate(means, start=1)}
