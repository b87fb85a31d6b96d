"""Which photographs a scene is made of when it is scored, and what can't be scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.shapes.scoring import ScoringRequest, score_shapes
from app.shapes.validating import validation_shapes
from engines.core.camera import Array
from engines.core.data.dataset import Dataset
from engines.core.data.views import Split, View, Views
from engines.core.engine import INSTANCE, Control, never_stop
from engines.core.errors import UserError
from tests.app.ball_scene import UP, BallScene, ring

SIDE = 4


class Known:
    """Of object 0 the half is filled where x is more than 0, of object 1 nothing; of others nobody knows."""

    def has(self, number: int, side: int) -> bool:
        return number < 2

    def read(self, number: int, side: int) -> Array:
        filled = np.zeros((side, side, side), dtype=bool)
        filled[side // 2 :] = number == 0
        return filled


def data(splits: Sequence[Split], path: Path = Path("a.png")) -> Dataset:
    """Objects with a photograph of each of `splits`, training views first."""
    views = [
        View(camera, f"{name}/{at}", split, path, instance=number)
        for number, name in enumerate(("a/one", "a/two"))
        for at, (split, camera) in enumerate(zip(splits, ring(len(splits)), strict=True))
    ]
    ordered = sorted(views, key=lambda view: view.split != "train")
    return Dataset(
        Views.of(ordered), Path("toys"), "test", np.array([[-0.5] * 3, [0.5] * 3]), UP,
        instances=("a/one", "a/two"), volumes=Known(),
    )  # fmt: skip


class Grids(BallScene):
    """Finds what is filled of object 0, and a voxel less with every photograph; along turned axes."""

    sources_option, least_sources = "views", 1

    def __init__(self, dataset: Dataset, numbers: Sequence[int] | None = None) -> None:
        super().__init__(controls=(Control(INSTANCE, "Object", "choice", 0, 1, 0, dataset.instances),))
        self.dataset, self.numbers = dataset, tuple(numbers or (0, 1))

    def source_views(self, controls: Mapping[str, float]) -> Views:
        return self.dataset.views.of_instance(round(controls[INSTANCE]))

    def chosen_sources(self, controls: Mapping[str, float]) -> tuple[int, ...]:
        return self.numbers

    def made_of(self, numbers: Sequence[int] | None) -> Grids:
        return Grids(self.dataset, numbers)

    def volume(self, controls: Mapping[str, float]) -> Mapping[str, Array]:
        axes = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
        # The world's x is the grid's -y.
        occupancy = np.zeros((len(self.numbers), SIDE, SIDE, SIDE))
        occupancy[:, :, : SIDE // 2] = 0.9
        for count in range(len(self.numbers)):
            occupancy[count].reshape(-1)[: count + 1] = 0.0
        return {"occupancy": occupancy, "axes": axes, "bounds": np.array([[-0.5] * 3, [0.5] * 3])}


def test_voxels_are_compared_in_the_scenes_axes_after_each_photograph() -> None:
    dataset = data(["train"] * 3)
    done = list[tuple[int, int]]()
    found = score_shapes(Grids(dataset), dataset, ScoringRequest("train", 3), lambda *at: done.append(at))
    half = SIDE**3 // 2
    first, second = found.scores
    assert first.iou is not None and second.iou is not None
    np.testing.assert_allclose(first.iou[:, 0], [(half - 1) / half, (half - 2) / half, (half - 3) / half])
    assert not second.iou.any() and done == [(1, 2), (2, 2)]
    assert sorted(first.views) == [0, 1, 2] and found.photographs == 3 and list(found.classes()) == ["a"]


def test_photographs_are_drawn_of_the_split_by_chance() -> None:
    splits: list[Split] = ["train", "test", "train", "test", "test"]
    dataset = data(splits)
    found = [score_shapes(Grids(dataset), dataset, ScoringRequest("test", seed=seed)).scores for seed in range(4)]
    chosen = {score.views for scores in found for score in scores}
    # As many as the scene takes by itself, of those behind the two to train on, in orders of their own.
    assert all(len(each) == 2 and set(each) <= {2, 3, 4} for each in chosen) and len(chosen) > 2
    assert found[1][1].views == score_shapes(Grids(dataset), dataset, ScoringRequest("test", seed=1)).scores[1].views
    kept = score_shapes(Grids(dataset, (4, 0, 1)), dataset, ScoringRequest("test", chosen=True))
    assert [score.views for score in kept.scores] == [(4, 0, 1)] * 2


def test_a_run_that_held_views_out_has_them_in_an_order_of_its_own() -> None:
    """The scene's numbers are of the folder as it is."""
    folder = data(["train"] * 5)
    of_run = replace(folder, views=folder.views.with_split(np.array([1, 3, 5, 6]), "validation"))
    found = score_shapes(Grids(folder), of_run, ScoringRequest("validation"))
    assert [sorted(score.views) for score in found.scores] == [[1, 3], [0, 1]]


def test_a_validation_scores_some_of_what_is_held_out() -> None:
    dataset = data(["train", "train", "validation"])
    # One photograph of each is held out, fewer than the scene takes by itself.
    half = SIDE**3 // 2
    found = validation_shapes(Grids(dataset), dataset, never_stop)
    assert list(found) == ["iou_1"] and found["iou_1"] == pytest.approx((half - 1) / half / 2)
    assert validation_shapes(Grids(dataset), replace(dataset, volumes=None), never_stop) == {}
    assert validation_shapes(BallScene(), dataset, never_stop) == {}
    learnt = data(["train"] * 2)
    assert validation_shapes(Grids(learnt), learnt, never_stop) == {}


def test_what_can_not_be_scored_is_said() -> None:
    dataset = data(["train", "train", "test"])
    with pytest.raises(UserError, match="this scene of ball is not made of photographs as voxels or depth maps"):
        score_shapes(BallScene(), dataset, ScoringRequest("test"))
    with pytest.raises(UserError, match=r"^toys: no photographs in its validation views$"):
        score_shapes(Grids(dataset), dataset, ScoringRequest("validation"))
    with pytest.raises(UserError, match="object a/one has 1 photograph among its test views, and 4 are to be looked"):
        score_shapes(Grids(dataset), dataset, ScoringRequest("test", 4))
    unknown = replace(dataset, volumes=None)
    with pytest.raises(UserError, match=r"^toys: has no 4x4x4 voxels of object a/one to compare with$"):
        score_shapes(Grids(unknown), unknown, ScoringRequest("train"))
    elsewhere = replace(dataset, bounds=dataset.bounds + 0.1)
    with pytest.raises(UserError, match="the scene's grid stands elsewhere than the voxels of its objects"):
        score_shapes(Grids(elsewhere), elsewhere, ScoringRequest("train"))
