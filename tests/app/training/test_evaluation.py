from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app.training.evaluation import Evaluation, Score, evaluate
from engines.core.camera import Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import write_png
from engines.core.data.views import View, Views
from engines.core.engine import INSTANCE, Control, Stop
from engines.core.errors import Cancelled, UserError
from engines.core.frame import Frame
from tests.app.fake_scene import FakeScene, start_camera

GREY = 102
"""0.4 of 255."""


class Plain(FakeScene):
    """Draws one grey, with a bright edge of `edge_px`; notes the cameras."""

    def __init__(self, grey: float, any_size: bool = False, edge_px: int = 0) -> None:
        super().__init__(32, any_size=any_size)
        self.grey, self.edge_px = grey, edge_px
        self.drawn: list[Camera] = []

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        if stop():
            raise Cancelled
        self.drawn.append(camera)
        image = torch.full((camera.size_px[1], camera.size_px[0], 3), self.grey)
        if self.edge_px:
            inner = image[self.edge_px : -self.edge_px, self.edge_px : -self.edge_px].clone()
            image[:] = 1.0
            image[self.edge_px : -self.edge_px, self.edge_px : -self.edge_px] = inner
        return Frame(image)


@pytest.fixture
def views(tmp_path: Path) -> Views:
    """Two grey photographs of 64x48, and a pose without one between them."""
    wide = start_camera(64).square().resized((64, 64))
    camera = Camera(wide.camera_to_world, wide.focal_px, (32.0, 24.0), (64, 48))
    for name in ("a", "c"):
        write_png(tmp_path / f"{name}.png", np.full((48, 64, 3), GREY, dtype=np.uint8))
    paths = {"a": tmp_path / "a.png", "b": None, "c": tmp_path / "c.png"}
    return Views.of([View(camera, name, "test", path) for name, path in paths.items()])


def test_scores_each_photograph(views: Views) -> None:
    told: list[Score] = []
    result = evaluate(Plain(0.5), views, told.append)
    assert [score.view for score in result.scores] == ["a", "c"]
    assert list(result.scores) == told
    # Off by a tenth of the range everywhere.
    assert [score.psnr for score in told] == pytest.approx([20.0, 20.0], abs=1e-3)
    assert all(0.9 < score.ssim < 1 for score in told)


def test_draws_the_centred_square_at_the_scenes_own_size(views: Views) -> None:
    drawer = Plain(0.5)
    evaluate(drawer, views)
    assert [camera.size_px for camera in drawer.drawn] == [(32, 32), (32, 32)]
    assert drawer.drawn[0].focal_px == pytest.approx([f * 32 / 48 for f in views[0].camera.focal_px])


def test_draws_at_the_photographs_size_where_any_will_do(views: Views) -> None:
    drawer = Plain(0.5, any_size=True)
    evaluate(drawer, views)
    assert [camera.size_px for camera in drawer.drawn] == [(64, 48), (64, 48)]


class OfTheSquare(Plain):
    """Learnt from the centred squares."""

    def trained_part(self, camera: Camera) -> Camera:
        return camera.square()


def test_only_what_was_learnt_from_is_compared(views: Views) -> None:
    drawer, pairs = OfTheSquare(0.5, any_size=True), list[tuple[int, ...]]()
    evaluate(drawer, views, on_pair=lambda pair: pairs.append((*pair.image.shape, *pair.photograph.shape)))
    assert [camera.size_px for camera in drawer.drawn] == [(48, 48)] * 2 and pairs == [(48, 48, 3) * 2] * 2
    assert drawer.drawn[0].centre_px == views[0].camera.square().centre_px


class OfPhotographs(Plain):
    """Drawn from the photographs of some cameras, which it knows before."""

    def __init__(self, made_of: Views) -> None:
        super().__init__(0.5, any_size=True)
        self._sources = tuple(view.camera for view in made_of)

    def find_sources(self, camera: Camera, controls: Mapping[str, float]) -> tuple[Camera, ...]:
        return self._sources


def test_what_a_scene_is_drawn_from_is_not_drawn_to_be_refused(views: Views) -> None:
    far = np.eye(4)
    far[:3, 3] = 7
    moved = replace(views[0], camera=replace(views[0].camera, camera_to_world=far))
    drawer = OfPhotographs(views)
    assert [score.view for score in evaluate(drawer, Views.of([views[0], moved])).scores] == ["a"]
    assert [camera.position.tolist() for camera in drawer.drawn] == [[7, 7, 7]]
    with pytest.raises(UserError, match="all these photographs are what the scene is drawn from"):
        evaluate(drawer, views)
    assert len(drawer.drawn) == 1


def test_leaves_out_the_border(views: Views) -> None:
    drawer = Plain(0.5, edge_px=5)
    assert evaluate(drawer, views, crop_px=5).psnr == pytest.approx(20.0, abs=1e-3)
    assert evaluate(drawer, views).psnr < 15
    drawer.border_px = 5
    assert evaluate(drawer, views).psnr == pytest.approx(20.0, abs=1e-3)
    assert evaluate(drawer, views).crop_px == 5
    assert evaluate(drawer, views, crop_px=0).psnr < 15


def test_a_crop_of_everything_is_refused(views: Views) -> None:
    with pytest.raises(UserError, match="leave too little"):
        evaluate(Plain(0.5), views, crop_px=16)


def test_no_photographs(views: Views) -> None:
    with pytest.raises(UserError, match="no photographs to compare with"):
        evaluate(Plain(0.5), views[1:2])


def test_stops(views: Views) -> None:
    with pytest.raises(Cancelled):
        evaluate(Plain(0.5), views, stop=lambda: True)


def test_means_and_tables() -> None:
    result = Evaluation((Score("a", 20.0, 0.5, 0.25), Score("b", 30.0, 1.0, 0.75)))
    assert (result.psnr, result.ssim) == (25.0, 0.75)
    data = json.loads(json.dumps(result.to_json()))
    assert data["psnr"] == 25.0
    assert data["views"][1] == {"view": "b", "psnr": 30.0, "ssim": 1.0, "ssim_uniform": 0.75}
    rows = list(csv.DictReader(io.StringIO(result.to_csv())))
    assert [(row["view"], float(row["psnr"]), float(row["ssim"])) for row in rows] == [
        ("a", 20.0, 0.5),
        ("b", 30.0, 1.0),
        ("mean", 25.0, 0.75),
    ]


def test_an_object_that_was_not_learnt_is_told_before_anything_is_drawn(views: Views) -> None:
    drawer = Plain(0.5)
    drawer.controls = (Control(INSTANCE, "Instance", "choice", 0, 0, 0, ("a",)),)
    both = Views.of([replace(view, instance=index % 2) for index, view in enumerate([views[0], views[2]])])
    dataset = Dataset(both, Path("cars"), "srn", np.zeros((2, 3)), np.zeros(3), instances=("a", "b"))
    with pytest.raises(UserError, match="object b is not among the 1"):
        evaluate(drawer, both, dataset=dataset)
    assert not drawer.drawn
    assert evaluate(drawer, both[:1], dataset=dataset).of_instances().keys() == {"a"}


def test_names_with_commas_stay_one_field() -> None:
    result = Evaluation((Score('red, "old"/0', 20.0, 0.5, 0.25, 'red, "old"'),))
    rows = list(csv.DictReader(io.StringIO(result.to_csv())))
    assert [row["view"] for row in rows] == ['red, "old"/0', 'mean of red, "old"', "mean"]
    assert all(float(row["psnr"]) == 20 for row in rows)
