"""A scene judged: the scores of an evaluation, and small pictures that are true."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from app.report import judging
from app.report.beside import ScenesBeside
from app.report.judging import JudgedView, Judging, judge
from app.report.tiles import ViewTiles, error_limit, shaded_error, view_tiles
from app.training.evaluation import ComparedPair, evaluate
from engines.core.errors import Cancelled
from tests.app.report.judged import SIZE_PX, opened_ball, photographed


def test_the_scores_are_those_of_an_evaluation(tmp_path: Path) -> None:
    dataset = photographed(tmp_path / "data")
    opened, told = opened_ball(dataset, "ball"), list[JudgedView]()
    found = judge(opened, Judging(pictured=True), told.append)
    plain = evaluate(opened.scene, dataset.views, dataset=dataset)
    assert found.evaluation.scores == plain.scores and [view.score for view in told] == list(plain.scores)
    assert found.evaluation.told == "test" and found.data == str(tmp_path / "data") and found.step == 7
    assert len(found.frame_s) == 3 and min(found.frame_s) > 0 and found.memory_bytes > 2**20
    assert found.sizes_px == (SIZE_PX,) and found.notes == ("the ball is round",)
    assert all(view.tiles is not None for view in told)


def test_no_pictures_are_kept_where_none_are_wanted(tmp_path: Path) -> None:
    told: list[JudgedView] = []
    found = judge(opened_ball(photographed(tmp_path / "data"), "ball"), on_view=told.append)
    assert not found.tiles and [view.tiles for view in told] == [None] * 3


def test_of_many_views_the_spread_and_the_worst_are_pictured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "MOST_PICTURED", 3)
    monkeypatch.setattr(judging, "WORST_PICTURED", 2)
    found = judge(opened_ball(photographed(tmp_path / "data", 12), "ball"), Judging(pictured=True))
    worst = sorted(found.scores, key=lambda key: found.scores[key].psnr)[:2]
    spread = [("", f"view{number}", 0) for number in (0, 4, 8)]
    assert set(found.tiles) == {*worst, *spread} and len(found.evaluation.scores) == 12


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    seen: list[JudgedView] = []
    opened = opened_ball(photographed(tmp_path / "data"), "ball")
    with pytest.raises(Cancelled):
        judge(opened, Judging(), seen.append, lambda: bool(seen))
    assert len(seen) == 1


def pair(by: float, valid: torch.Tensor | None = None) -> ComparedPair:
    photograph = torch.full((40, 720, 3), 0.25)
    return ComparedPair(photograph + by, photograph, valid, 0.1)


def test_tiles_are_smaller_and_true() -> None:
    tiles = view_tiles(pair(0.5))
    assert tiles.error.shape == (20, 360) and np.allclose(tiles.error, 0.5, atol=1e-3)
    for content, grey in ((tiles.image, 191), (tiles.photograph, 64)):
        picture = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None and picture.shape == (20, 360, 3)
        assert abs(float(picture.mean()) - grey) < 2
    again = ViewTiles.from_json(tiles.to_json())
    assert (again.image, again.photograph) == (tiles.image, tiles.photograph)
    assert np.array_equal(again.error, tiles.error)


def test_what_does_not_count_is_no_error() -> None:
    valid = torch.zeros((40, 720), dtype=torch.bool)
    valid[:, :360] = True
    tiles = view_tiles(pair(0.5, valid))
    assert np.isnan(tiles.error[:, 181:]).all() and np.isfinite(tiles.error[:, :179]).all()
    shaded = shaded_error(tiles, 0.5)
    assert (shaded[:, 181:] == 96).all() and (shaded[:, :179] != 96).any()


def test_one_scale_reaches_over_all_errors() -> None:
    assert error_limit([view_tiles(pair(0.1)), view_tiles(pair(0.333))]) == pytest.approx(0.34)
    # A scene that is almost right is not shown in glaring colours.
    assert error_limit([view_tiles(pair(0.0))]) == 0.02


def test_scenes_judged_by_other_views_are_told_apart(tmp_path: Path) -> None:
    first = judge(opened_ball(photographed(tmp_path / "a", 3), "run"))
    other = judge(opened_ball(photographed(tmp_path / "b", 4), "run", 0.2))
    beside = ScenesBeside((first, other))
    assert [row.label for row in beside.rows] == ["view0", "view1", "view2", "view3"]
    assert beside.rows[3].scores[0] is None and beside.rows[3].scores[1] is not None
    assert len(beside.common) == 3
    expected = np.mean([score.psnr for score in other.evaluation.scores[:3]])
    assert beside.common_psnr(other) == pytest.approx(expected)
    told = " ".join(beside.remarks)
    assert "different folders" in told and "3 views of 4 are common" in told
    assert len(set(beside.labels)) == 2
    assert ScenesBeside((first,)).remarks == () and ScenesBeside((first, first)).remarks == ()
