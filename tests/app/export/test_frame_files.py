"""Folders in every format: numbers read back are those of the frames, and files say what they hold."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import pytest
from PIL import Image

from app.export.composed_frames import ranged
from app.export.export_request import Export
from app.export.exporter import run_export
from app.export.exr import linear_light
from engines.core.camera import Array, pixel_rays
from engines.core.engine import never_stop
from engines.core.errors import UserError
from tests.app.ball_scene import BallScene, draw_ball, ring
from tests.app.export.test_export import ignore

ALL = ("rgb", "depth", "normals", "alpha")


def export(out: Path, **changes: object) -> Path:
    whole = {"cameras": ring(2, (40, 24)), "out": out, "channels": ALL, **changes}
    # Fields of several types.
    return run_export(BallScene(), Export(**whole), ignore, never_stop)  # type: ignore[arg-type]


def names(out: Path) -> set[str]:
    return {path.name for path in out.iterdir() if "00000" in path.name}


def planes(path: Path) -> tuple[dict[str, Array], dict[str, object]]:
    with OpenEXR.File(str(path), separate_channels=True) as file:
        return {name: channel.pixels.copy() for name, channel in file.channels().items()}, dict(file.header())


def read_deep(path: Path) -> Array:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return np.asarray(picture)


def expected_light(image: Array) -> Array:
    """[H, W, 3] IEC 61966-2-1, value by value."""
    values = np.clip(image, 0, 1)
    way = np.vectorize(lambda v: v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4)
    return np.asarray(way(values))


@pytest.mark.parametrize(("format_name", "kind"), [("exr", np.float32), ("exr16", np.float16)])
def test_openexr_holds_linear_light_and_says_so(tmp_path: Path, format_name: str, kind: type) -> None:
    out = export(tmp_path / "frames", format=format_name, background="transparent")
    assert names(out) == {"rgb_00000.exr", "normals_00000.exr", "alpha_00000.exr"}
    frame = draw_ball(ring(2, (40, 24))[0])
    image, alpha = frame.image.numpy(), frame.extra["alpha"].numpy()
    found, header = planes(out / "rgb_00000.exr")
    assert set(found) == set("RGBAZ") and found["R"].dtype == kind and found["Z"].dtype == np.float32
    tolerance = 1e-6 if kind is np.float32 else 1e-3
    light = expected_light(image) * alpha[..., None]
    for number, name in enumerate("RGB"):
        np.testing.assert_allclose(found[name], light[..., number], atol=tolerance)
    np.testing.assert_allclose(found["A"], alpha, atol=tolerance)
    np.testing.assert_array_equal(found["Z"], frame.depth)
    assert "linear" in str(header["vantage.colour"]) and "premultiplied" in str(header["vantage.alpha"])
    assert str(header["vantage.depth"]).startswith("z: ")
    assert header["colorInteropID"] == "lin_rec709_scene"
    found, header = planes(out / "normals_00000.exr")
    assert set(found) == {"N.X", "N.Y", "N.Z"} and "world" in str(header["vantage.normals"])
    for number, axis in enumerate("XYZ"):
        np.testing.assert_allclose(found[f"N.{axis}"], frame.extra["normals"][..., number], atol=tolerance)
    assert set(planes(out / "alpha_00000.exr")[0]) == {"A"}


def test_openexr_without_transparency_has_no_alpha(tmp_path: Path) -> None:
    out = export(tmp_path / "frames", format="exr", channels=("rgb",), background="white")
    found, _ = planes(out / "rgb_00000.exr")
    frame = draw_ball(ring(2, (40, 24))[0])
    assert set(found) == set("RGB")
    np.testing.assert_array_equal(found["R"][frame.extra["alpha"].numpy() == 0], 1)


def test_depth_alone_is_a_channel_z(tmp_path: Path) -> None:
    out = export(tmp_path / "frames", format="exr16", channels=("depth",), depth="range")
    assert names(out) == {"range_00000.exr"}
    found, header = planes(out / "range_00000.exr")
    assert set(found) == {"Z"} and found["Z"].dtype == np.float32
    assert str(header["vantage.depth"]).startswith("range: ")


def test_range_is_the_distance_from_the_camera(tmp_path: Path) -> None:
    camera = ring(2, (40, 24))[0]
    frame = draw_ball(camera)
    _, directions = pixel_rays(camera)
    # The ball has a depth.
    distance = ranged(frame, camera).depth.numpy()  # type: ignore[union-attr]
    # The ball has a depth.
    np.testing.assert_allclose(distance, frame.depth.numpy() / (directions @ camera.forward), rtol=1e-5)  # type: ignore[union-attr]
    out = export(tmp_path / "frames", channels=("depth",), depth="range")
    np.testing.assert_array_equal(np.load(out / "range_00000.npy"), distance)


def test_png_of_16_bits_holds_all_levels(tmp_path: Path) -> None:
    out = export(tmp_path / "frames", format="png16", background="transparent")
    frame = draw_ball(ring(2, (40, 24))[0])
    assert names(out) == {f"{channel}_00000.png" for channel in ALL}
    colour = read_deep(out / "rgb_00000.png")
    assert colour.dtype == np.uint16 and colour.shape == (24, 40, 4)
    np.testing.assert_allclose(colour[..., 2::-1] / 65535, frame.image, atol=0.51 / 65535)
    np.testing.assert_array_equal(colour[..., 3] == 65535, frame.extra["alpha"] == 1)
    with Image.open(out / "depth_00000.png") as picture:
        # Only images of PNG have a text.
        words, values = picture.text["depth"], np.asarray(picture)  # type: ignore[attr-defined]
    step = float(words.split()[2].rstrip(";"))
    # The ball has a depth.
    depth = frame.depth.numpy()  # type: ignore[union-attr]
    hit = np.isfinite(depth)
    assert (values[~hit] == 0).all() and "z: " in words
    np.testing.assert_allclose(values[hit] * step, depth[hit], atol=step)
    normals = read_deep(out / "normals_00000.png")[..., ::-1]
    np.testing.assert_allclose(normals / 65535 * 2 - 1, frame.extra["normals"], atol=2 / 65535)


def test_png_of_8_bits_shows_every_channel_as_a_video_does(tmp_path: Path) -> None:
    out = export(tmp_path / "frames", format="png", background="transparent")
    assert names(out) == {f"{channel}_00000.png" for channel in ALL}
    with Image.open(out / "rgb_00000.png") as picture:
        assert picture.mode == "RGBA"
        straight = np.asarray(picture)
    frame = draw_ball(ring(2, (40, 24))[0])
    np.testing.assert_array_equal(straight[..., :3], (frame.image.numpy() * 255 + 0.5).astype(np.uint8))
    with Image.open(out / "depth_00000.png") as picture:
        assert picture.mode == "RGB"


def test_numbers_are_those_of_the_scene(tmp_path: Path) -> None:
    out = export(tmp_path / "frames", format="npy", channels=("rgb", "depth"))
    frame = draw_ball(ring(2, (40, 24))[0])
    np.testing.assert_array_equal(np.load(out / "rgb_00000.npy"), frame.image)
    np.testing.assert_array_equal(np.load(out / "depth_00000.npy"), frame.depth)


def test_an_export_replaces_one_of_another_format(tmp_path: Path) -> None:
    out = export(tmp_path / "frames", format="exr")
    assert names(export(out, format="npy", channels=("rgb",))) == {"rgb_00000.npy"}


def test_wrong_formats_are_one_line(tmp_path: Path) -> None:
    for name, changes, message in (
        ("a.mp4", {"format": "exr"}, "format exr: is for folders"),
        ("frames", {"format": "tiff"}, "format tiff: must be exr, exr16, png, png16, npy"),
        ("frames", {"codec": "av1"}, r"codec av1: is for videos \(\.mp4"),
        ("frames", {"depth": "far"}, "depth far: must be z"),
    ):
        with pytest.raises(UserError, match=message):
            export(tmp_path / name, **changes)
    assert not list(tmp_path.iterdir())


def test_light_of_all_levels() -> None:
    levels = np.arange(256)[:, None].repeat(3, axis=1) / 255
    np.testing.assert_allclose(linear_light(levels), expected_light(levels), rtol=1e-6)
    np.testing.assert_array_equal(linear_light(np.array([[-1.0, 2.0, np.nan]])), [[0, 1, 0]])
