"""Splats over backgrounds and with an alpha, as they are exported: held to the sums that they are drawn by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import torch
from PIL import Image

from app import cli
from app.export.export_request import Export
from app.export.exporter import run_export
from app.export.exr import linear_light
from app.rendering.compositing import straight
from engines.core.camera import Array, Camera
from engines.core.engine import never_stop
from engines.core.frame import ALPHA, BLACK
from engines.splats.compositing import OPAQUE
from engines.splats.config import SplatsOptions
from engines.splats.example import example
from engines.splats.files.content import SplatContent
from engines.splats.files.forms import write_splats
from engines.splats.placement import placed
from engines.splats.scene import SplatScene
from tests.engines.splats.scenes import drawn, splats_of
from tests.engines.splats.scenes import straight as straight_camera

HALF_A_LEVEL = 0.5 / 255
ROUNDED = 1e-5
"""What float32 makes of it besides."""


@pytest.fixture(scope="module")
def scene() -> SplatScene:
    return SplatScene(example(), placed(example()), torch.device("cpu"), SplatsOptions())


@pytest.fixture(scope="module")
def camera(scene: SplatScene) -> Camera:
    return scene.start.scaled(0.1)


@pytest.fixture(scope="module")
def sums(scene: SplatScene, camera: Camera) -> tuple[Array, Array]:
    """As drawn, float64: [H, W, 3] colours times their opacity; [H, W, 1] this, which of some pixels is between."""
    found = drawn(example(), camera, scene.near).astype(np.float64)
    colours, alpha = found[..., :OPAQUE], found[..., OPAQUE, None]
    assert ((alpha > 0.1) & (alpha < 0.9)).mean() > 0.01 and (alpha == 0).any()
    return colours, alpha


def exported(scene: SplatScene, camera: Camera, out: Path, background: str, form: str) -> Path:
    whole = Export(cameras=[camera], out=out, channels=("rgb",), background=background, format=form)
    run_export(scene, whole, lambda *_: None, never_stop)
    (file,) = out.glob("*00000*")
    return file


def levels(path: Path) -> Array:
    with Image.open(path) as picture:
        return np.asarray(picture).astype(np.float64) / 255


@pytest.mark.parametrize(("background", "behind"), [("white", (1, 1, 1)), ("#204060", (32 / 255, 64 / 255, 96 / 255))])
def test_a_background_shows_by_as_much_as_nothing_covers(
    scene: SplatScene, camera: Camera, sums: tuple[Array, Array], tmp_path: Path, background: str, behind: tuple[float]
) -> None:
    colours, alpha = sums
    expected = np.clip(colours + (1 - alpha) * np.array(behind), 0, 1)
    found = levels(exported(scene, camera, tmp_path / "frames", background, "png"))
    np.testing.assert_allclose(found, expected, atol=HALF_A_LEVEL + ROUNDED)


def test_the_command_lays_splats_over_white(tmp_path: Path) -> None:
    write_splats(tmp_path / "a.ply", SplatContent(example()), "ply")
    words = ["render", str(tmp_path / "a.ply"), "--frames", "1", "--size", "48x32", "--format", "png"]
    pictures = []
    for background in ("black", "white", "transparent"):
        out = tmp_path / background
        assert cli.main([*words, "--background", background, "--out", str(out)]) == 0
        (file,) = out.glob("*00000.png")
        pictures.append(levels(file))
    black, white, clear = pictures
    # Each of the three is rounded to a level.
    np.testing.assert_allclose(white, np.clip(black + 1 - clear[..., 3:], 0, 1), atol=3 * HALF_A_LEVEL + ROUNDED)
    assert (clear[..., 3] == 0).any() and float(np.ptp(black)) > 0.5


def test_a_transparent_picture_has_straight_colours(
    scene: SplatScene, camera: Camera, sums: tuple[Array, Array], tmp_path: Path
) -> None:
    colours, alpha = sums
    found = levels(exported(scene, camera, tmp_path / "frames", "transparent", "png"))
    np.testing.assert_allclose(found[..., 3:], alpha, atol=HALF_A_LEVEL + ROUNDED)
    covered = alpha[..., 0] > 0.01
    expected = np.clip(colours[covered] / alpha[covered], 0, 1)
    np.testing.assert_allclose(found[covered][:, :3], expected, atol=HALF_A_LEVEL + 100 * ROUNDED)
    # Not those over black: these are darker by levels wherever something is behind.
    assert np.abs(found[covered][:, :3] - colours[covered]).max() > 0.2


def test_openexr_has_colours_times_their_opacity(
    scene: SplatScene, camera: Camera, sums: tuple[Array, Array], tmp_path: Path
) -> None:
    colours, alpha = sums
    path = exported(scene, camera, tmp_path / "frames", "transparent", "exr")
    with OpenEXR.File(str(path), separate_channels=True) as file:
        planes = {name: channel.pixels.copy() for name, channel in file.channels().items()}
    np.testing.assert_allclose(planes["A"], alpha[..., 0], atol=1e-6)
    plain = np.clip(colours / np.maximum(alpha, 1e-6), 0, 1).astype(np.float32)
    light = linear_light(plain) * alpha
    found = np.stack([planes[name] for name in "RGB"], axis=2)
    np.testing.assert_allclose(found, light, atol=1e-5)


def test_one_faint_splat_by_hand() -> None:
    """In the middle of a splat of opacity 0.5 the picture is half its colour, which straight ones have whole."""
    splats = splats_of([[0, 0, 2]], [[0.2] * 3], [0.5], [[0.8, 0.4, 0.2]])
    frame = SplatScene(splats, placed(splats), torch.device("cpu"), SplatsOptions()).render(
        straight_camera(), {}, never_stop
    )
    assert frame.backdrop == BLACK
    assert frame.image[8, 8].tolist() == pytest.approx([0.4, 0.2, 0.1], abs=1e-4)
    assert float(frame.extra[ALPHA][8, 8]) == pytest.approx(0.5, abs=1e-4)
    assert straight(frame).image[8, 8].tolist() == pytest.approx([0.8, 0.4, 0.2], abs=1e-4)
