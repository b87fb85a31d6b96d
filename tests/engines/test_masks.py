"""What a mask leaves out, or a lens did not see, is neither trained on nor scored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.training.evaluation import evaluate
from app.viewing.comparison import photographed_frame
from engines.core.camera import Camera
from engines.core.data.images import write_png
from engines.core.frame import Frame
from engines.core.learning import metrics
from tests.app.fake_scene import FakeScene
from tests.engines.masked import (
    SIZE_PX,
    assert_learnt_without_masks,
    assert_not_learnt,
    assert_white_masks_change_nothing,
    capture,
    left_out,
)

OPTIONS = {"rays_per_step": [512]}


def test_what_stands_in_the_way_is_not_learnt(tmp_path: Path) -> None:
    assert_not_learnt("colour_grid", tmp_path, OPTIONS)


def test_without_masks_it_would_be(tmp_path: Path) -> None:
    assert_learnt_without_masks("colour_grid", tmp_path, OPTIONS)


def test_a_mask_that_leaves_nothing_out_changes_nothing(tmp_path: Path) -> None:
    assert_white_masks_change_nothing("colour_grid", tmp_path, OPTIONS)


class Grey(FakeScene):
    """Draws one grey, in any size."""

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Any) -> Frame:
        return Frame(torch.full((camera.size_px[1], camera.size_px[0], 3), 0.4))


@pytest.mark.parametrize("any_size", [True, False])
def test_scores_are_of_what_counts(any_size: bool, tmp_path: Path) -> None:
    scene = Grey(96, any_size=any_size)
    scores = [evaluate(scene, capture(tmp_path / str(seed), seed, count=2).views) for seed in (1, 2)]
    assert scores[0].to_json() == scores[1].to_json() and 0 < scores[0].valid < 1
    bare = [evaluate(scene, capture(tmp_path / f"bare{seed}", seed, False, 2).views) for seed in (1, 2)]
    assert bare[0].psnr != bare[1].psnr and bare[0].valid == 1 and "valid" not in bare[0].to_json()


def test_psnr_is_exactly_that_of_the_pixels_that_count(tmp_path: Path) -> None:
    view = capture(tmp_path / "a", 1, count=2).views[0]
    score = evaluate(Grey(96, any_size=True), capture(tmp_path / "b", 1, count=2).views).scores[0]
    error = (view.image()[~left_out()].astype(np.float64) - np.float32(0.4)) ** 2
    assert score.psnr == pytest.approx(-10 * np.log10(error.mean()), abs=1e-5)
    assert score.valid == pytest.approx(1 - left_out().mean())


def test_a_view_that_is_masked_as_a_whole_is_not_scored(tmp_path: Path) -> None:
    dataset = capture(tmp_path / "a", 1, count=3)
    write_png(tmp_path / "a" / "masks" / "0001.png", np.zeros(SIZE_PX[::-1], dtype=np.uint8))
    assert [score.view for score in evaluate(Grey(96, any_size=True), dataset.views).scores] == ["0000", "0002"]


def test_the_photograph_comparison_shows_no_error_there(tmp_path: Path) -> None:
    views = [capture(tmp_path / str(seed), seed, count=2).views[0] for seed in (1, 2)]
    scene, frame = Grey(96, any_size=True), Frame(torch.full((SIZE_PX[1], SIZE_PX[0], 3), 0.4))
    found = [photographed_frame(frame, view.camera, view, scene).compared(view.camera, {}) for view in views]
    assert found[0].psnr_db == found[1].psnr_db and np.array_equal(found[0].error, found[1].error)
    assert (found[0].error[left_out()] == found[0].error[0, 0]).all()


def test_similarity_is_over_windows_without_other_pixels() -> None:
    random = torch.Generator().manual_seed(0)
    image = torch.rand(40, 50, 3, generator=random)
    other = (image + 0.1 * torch.randn(40, 50, 3, generator=random)).clamp(0, 1)
    everything = torch.ones(40, 50, dtype=torch.bool)
    for score in (metrics.ssim, metrics.ssim_uniform, metrics.psnr):
        assert score(image, other, everything) == pytest.approx(score(image, other), abs=1e-6)
    valid = everything.clone()
    valid[:, :20] = False
    spoilt = torch.where(valid[..., None], other, 1 - other)
    for score in (metrics.ssim, metrics.ssim_uniform, metrics.psnr):
        assert score(image, spoilt, valid) == score(image, other, valid)
    # By hand: the right part alone has the same windows, but for those that mirror its left border.
    alone = metrics.ssim_uniform(image[:, 20:], other[:, 20:])
    assert metrics.ssim_uniform(image, spoilt, valid) == pytest.approx(alone, abs=1e-6)
    speck = torch.zeros_like(valid)
    speck[10, 10] = True
    assert 0 < metrics.ssim(image, other, speck) < 1
