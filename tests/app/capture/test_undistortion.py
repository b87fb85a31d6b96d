"""Photographs of a fisheye made into those of a pinhole: the balls are where the new cameras project them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.cli import main
from engines.core.camera import Array, Camera, project
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from tests.engines.core.formats.ball_pictures import BALLS, RADIUS_PX, ball_cameras, error_px
from tests.engines.core.formats.test_colmap_projects import write_model

SIZE_PX, FOCAL_PX = (192, 144), 150.0


def fisheye_picture(camera: Camera) -> Array:
    """[H, W, 3] bytes, as `ball_picture`, by a lens whose pictures grow with the angle (OPENCV_FISHEYE, k = 0)."""
    pixels, _ = project(camera, BALLS)
    rays = (pixels - camera.centre_px) / camera.focal_px
    lengths = np.linalg.norm(rays, axis=1, keepdims=True)
    at = rays / lengths * np.arctan(lengths) * FOCAL_PX + np.array(SIZE_PX) / 2
    x, y = np.meshgrid(np.arange(SIZE_PX[0]) + 0.5, np.arange(SIZE_PX[1]) + 0.5)
    away = np.stack([np.hypot(x - u, y - v) for u, v in at], axis=-1)
    return np.asarray((255 * np.clip(RADIUS_PX + 0.5 - away, 0, 1)).round().astype(np.uint8))


LENSES = {
    "OPENCV_FISHEYE": (FOCAL_PX, FOCAL_PX, 96, 72, 0, 0, 0, 0),
    "SIMPLE_RADIAL_FISHEYE": (FOCAL_PX, 96, 72, 0),
    "SIMPLE_FISHEYE": (FOCAL_PX, 96, 72),
    "FISHEYE": (FOCAL_PX, FOCAL_PX, 96, 72),
}
"""The same lens in several words."""


def write_fisheye(folder: Path, suffix: str, lens: str) -> Path:
    names = [f"cam0/{index:04d}{suffix}" for index in range(4)]
    model = write_model(folder / "sparse" / "0", names)
    (model / "cameras.txt").write_text(f"1 {lens} {SIZE_PX[0]} {SIZE_PX[1]} {' '.join(map(str, LENSES[lens]))}\n")
    (folder / "images" / "cam0").mkdir(parents=True)
    for name, camera in zip(names, ball_cameras(4), strict=True):
        Image.fromarray(fisheye_picture(camera)).save(folder / "images" / name, lossless=True)
    return folder


@pytest.mark.parametrize(("lens", "suffix"), [*((lens, ".png") for lens in LENSES), ("OPENCV_FISHEYE", ".webp")])
def test_pinholes_out_of_fisheyes(tmp_path: Path, lens: str, suffix: str, capfd: pytest.CaptureFixture[str]) -> None:
    folder, out = write_fisheye(tmp_path / "fisheye", suffix, lens), tmp_path / "pinhole"
    with pytest.raises(UserError, match="which can't be drawn; main\\.py undistort"):
        open_dataset(folder)
    (folder / "images" / "cam0" / f"0003{suffix}").unlink()
    assert main(["undistort", str(folder), "--out", str(out)]) == 0
    said = capfd.readouterr()
    assert said.out == f"{out}\n" and f"1 photographs are not there and are left out (cam0/0003{suffix})" in said.err
    assert sorted(path.name for path in out.iterdir()) == ["images", "sparse"]
    views = open_dataset(out).views
    assert len(views) == 3 and max(error_px(view) for view in views) < 0.2
    assert main(["undistort", str(folder), "--out", str(out)]) == 1
    assert "is there already; name a new or an empty folder" in capfd.readouterr().err


def test_a_folder_without_a_model_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["undistort", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "has no model of COLMAP in it" in capfd.readouterr().err and not (tmp_path / "out").exists()
