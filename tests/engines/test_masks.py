"""What a mask leaves out, or a lens did not see, is neither learnt from nor scored, by any method."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from app.comparison import compare
from app.evaluation import evaluate
from engines import registry
from engines.core import metrics
from engines.core.camera import Array, Camera
from engines.core.config import make_options
from engines.core.dataset import Dataset
from engines.core.formats import open_dataset
from engines.core.frame import Frame
from engines.core.images import read_image, to_uint8, write_png
from tests.app.fake_scene import FakeScene
from tests.app.posed_photographs import write_capture

SIZE_PX = (140, 132)
CPU = torch.device("cpu")
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "deepvoxels": {"img_sidelength": 128, "grid_dim": 8, "num_grid_feats": 4, "nf0": 2, "num_trgt": 1},
    "srn": {
        "fit_single_srn": True, "img_sidelengths": [16], "max_steps_per_img_sidelength": [9], "tracing_steps": 2,
        "batch_size_per_img_sidelength": [2],
    },
    "mask_volume": {"crop_px": 0, "augment": False, "loss_type": "l1", "img_wh": [32, 32]},
}  # fmt: skip


def left_out() -> Array:
    """[H, W] bool, what the masks leave out: a left part, and a spot in the middle."""
    width, height = SIZE_PX
    out = np.zeros((height, width), dtype=bool)
    out[:, :53] = out[60:75, 80:95] = True
    return out


def capture(folder: Path, passer_by: int | None, masked: bool = True, count: int = 5) -> Dataset:
    """Photographs where something stands in the way, different for each `passer_by`; its masks are there or not."""
    write_capture(folder, count, SIZE_PX, near=1.0, far=5.0)
    data = json.loads((folder / "transforms.json").read_text())
    (folder / "masks").mkdir()
    for index, frame in enumerate(data["frames"]):
        path = folder / frame["file_path"]
        image = to_uint8(read_image(path))
        if passer_by is not None:
            noise = np.random.default_rng((passer_by, index)).integers(0, 256, image.shape, dtype=np.uint8)
            image = np.where(left_out()[..., None], noise, image)
        write_png(path, image)
        write_png(folder / "masks" / path.name, np.where(left_out(), 0, 255).astype(np.uint8))
        if masked:
            frame["mask_path"] = f"masks/{path.name}"
        # Cameras that look one way, for planes.
        pose = np.eye(4)
        pose[:3, 3] = 0.1 * index, 0.0, 3.0
        frame["transform_matrix"] = pose.tolist()
    (folder / "transforms.json").write_text(json.dumps(data))
    return open_dataset(folder)


def learnt(name: str, dataset: Dataset, **more: Any) -> Mapping[str, Tensor]:
    engine = registry.find_engine(name)
    training = engine.train(dataset, make_options(engine.Config, {**OPTIONS[name], **more}), CPU, 0)
    for _ in range(3):
        losses = training.step()
        assert all(np.isfinite(list(losses.values())))
    weights = training.checkpoint().weights
    training.close()
    return weights


def equal(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("deepvoxels", {}),
        ("deepvoxels", {"grid_learning": "optimised", "start_at_median": True, "adversarial_weight": 0.0}),
        ("srn", {}),
        ("srn", {"rays_per_image": 50}),
        ("mask_volume", {}),
        ("mask_volume", {"loss_type": "mse", "crop_px": 32}),
        ("mask_volume", {"loss_type": "vgg"}),
    ],
)
def test_what_stands_in_the_way_is_not_learnt(name: str, more: dict[str, Any], tmp_path: Path) -> None:
    first, second = (learnt(name, capture(tmp_path / str(seed), seed), **more) for seed in (1, 2))
    assert equal(first, second)


@pytest.mark.parametrize("name", OPTIONS)
def test_without_masks_it_would_be(name: str, tmp_path: Path) -> None:
    first, second = (learnt(name, capture(tmp_path / str(seed), seed, masked=False)) for seed in (1, 2))
    assert not equal(first, second)


@pytest.mark.parametrize("name", OPTIONS)
def test_a_mask_that_leaves_nothing_out_changes_nothing(name: str, tmp_path: Path) -> None:
    """Its losses are summed another way, so that they agree to rounding."""
    white = capture(tmp_path / "white", None)
    for path in (tmp_path / "white" / "masks").iterdir():
        write_png(path, np.full(SIZE_PX[::-1], 255, dtype=np.uint8))
    none = capture(tmp_path / "none", None, masked=False)
    first, second = learnt(name, white), learnt(name, none)
    # Adam turns the sign of a tiny gradient into a whole step: most weights agree, not each.
    apart = torch.cat([(first[key].float() - second[key].float()).abs().flatten() for key in first])
    assert float((apart < 1e-4).float().mean()) > 0.98


def test_the_authors_adversary_sees_nothing_of_it(tmp_path: Path) -> None:
    """DeepVoxels' discriminator is judged on the same numbers whatever stands in the way."""
    engine = registry.find_engine("deepvoxels")
    told = []
    for seed in (1, 2):
        dataset = capture(tmp_path / str(seed), seed)
        training = engine.train(dataset, make_options(engine.Config, OPTIONS["deepvoxels"]), CPU, 0)
        told.append(training.step())
    assert told[0] == told[1] and told[0]["discriminator"] > 0


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
    found = [compare(frame, view.camera, view, scene) for view in views]
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
