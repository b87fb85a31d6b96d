"""What the program draws against the authors' pictures, from their checkpoint and recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from app.viewing.opening import open_scene
from engines.core.engine import never_stop
from engines.core.paths.path_files import read_path
from engines.mask_volume.scene import MaskVolumeScene

# Their planes are kept in half precision, 2^-11 of the value, and mixed with weights that sum to one.
HALF = 0.25 / 255


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "golden" / "mask_volume" / "mv160x96"


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "outputs.npz") as outputs:
        return dict(outputs)


@pytest.fixture(scope="module")
def scene(folder: Path) -> MaskVolumeScene:
    scene = open_scene(folder / "checkpoint.ckpt", folder / "data", "cpu").scene
    assert isinstance(scene, MaskVolumeScene)
    return scene


def test_their_path_equals_their_pictures(
    folder: Path, expected: dict[str, np.ndarray], scene: MaskVolumeScene
) -> None:
    cameras = read_path(folder / "data" / "frames" / "00000" / "qual_path.txt", scene.start)
    assert len(cameras) == len(expected["rendered"])
    for index, (camera, theirs) in enumerate(zip(cameras, expected["rendered"], strict=True)):
        drawn = scene.render(camera.resized((160, 96)), {"time": index % 3}, never_stop)
        difference = np.abs(drawn.image.permute(2, 0, 1).numpy() - theirs)
        assert difference.max() <= HALF, f"frame {index}: {difference.max() * 255:.3f}/255"


def test_channels_equal_theirs(folder: Path, expected: dict[str, np.ndarray], scene: MaskVolumeScene) -> None:
    camera = read_path(folder / "data" / "frames" / "00000" / "qual_path.txt", scene.start)[0].resized((160, 96))
    frame = scene.render(camera, {"time": 0}, never_stop)
    np.testing.assert_allclose(frame.extra["alpha"], expected["acc_alpha_t0"], atol=1e-3)
    np.testing.assert_allclose(frame.extra["disparity"], expected["disp_t0"], atol=1e-3)
    for name in ("foreground", "mask"):
        values = frame.extra[name]
        assert values.shape == (96, 160) and bool(((values >= 0) & (values <= 1 + 1e-3)).all())
    assert frame.depth is not None and torch.isfinite(frame.depth).float().mean() > 0.9
