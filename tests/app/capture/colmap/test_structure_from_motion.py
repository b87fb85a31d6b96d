"""Cameras found from what photographs show: of a corner with patterns, by cameras of known places."""

from __future__ import annotations

import functools
import os
import sqlite3
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from app import cli
from app.capture.colmap.structure_from_motion import SfmProgress, SfmResult, find_poses
from app.capture.sharp_frames import sharpness, write_sharpest
from engines.core.camera import Array, Camera, look_at, pixel_rays
from engines.core.data.dataset import Dataset
from engines.core.data.images import read_image, resize_area, to_uint8, write_png
from engines.core.engine import never_stop
from engines.core.errors import Cancelled, UserError
from engines.core.formats import colmap, llff, open_dataset
from engines.core.formats.colmap_files import read_model
from tests.engines.core.formats.rigs import write_video

pytestmark = pytest.mark.slow

COUNT = 8
SIZE_PX = (320, 240)


def cameras() -> list[Camera]:
    """On an arc before a corner of two walls and a floor."""
    made = []
    for index in range(COUNT):
        angle = np.radians(-28 + 8 * index)
        eye = np.array([4 * np.sin(angle), -0.4 - 0.1 * (index % 3), -4 * np.cos(angle)])
        pose = look_at(eye, np.array([0.0, 0.1, 0.3]), np.array([0.0, -1.0, 0.0]))
        made.append(Camera(pose, (300.0, 300.0), (160.0, 120.0), SIZE_PX))
    return made


@functools.cache
def texture(seed: int) -> Array:
    """[512, 512, 3] noise of all sizes: something to recognise from near and far."""
    random = np.random.default_rng(seed)
    layers = [
        cv2.resize(random.random((side, side, 3)), (512, 512), interpolation=cv2.INTER_CUBIC)
        for side in (8, 24, 72, 216)
    ]
    return np.asarray(np.clip(np.mean(layers, axis=0) * 2 - 0.5, 0, 1), dtype=np.float32)


def photograph(camera: Camera) -> Array:
    """[H, W, 3] bytes of the corner."""
    origin, rays = pixel_rays(camera)
    picture, nearest = np.zeros((*rays.shape[:2], 3), np.float32), np.full(rays.shape[:2], np.inf)
    normals = np.array([[0.0, 1.0, 0.0], [0.7, 0.0, 0.7], [-0.7, 0.0, 0.7]])
    for seed, (normal, away) in enumerate(zip(normals, (0.8, 1.2, 1.2), strict=True)):
        along = rays @ normal
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = np.where(along > 1e-6, (away - origin @ normal) / along, np.inf)
        points = origin + np.where(np.isfinite(distance), distance, 0)[..., None] * rays
        across = np.cross(normal, [0.3, 0.5, 0.8])
        across /= np.linalg.norm(across)
        u, v = ((points @ axis * 90) % 512 for axis in (across, np.cross(normal, across)))
        colours = cv2.remap(
            texture(seed), u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
        )
        closer = (distance > 0) & (distance < nearest)
        picture[closer], nearest[closer] = colours[closer], distance[closer]
    return to_uint8(picture)


def photographs(folder: Path, count: int = COUNT) -> Path:
    """Of the corner, by the first `count` cameras."""
    for index, camera in enumerate(cameras()[:count]):
        write_png(folder / "images" / f"{index:03d}.png", photograph(camera))
    return folder


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SfmResult, list[SfmProgress]]:
    folder, told = photographs(tmp_path_factory.mktemp("corner")), list[SfmProgress]()
    return folder, find_poses(folder, told.append, never_stop), told


Found = tuple[Path, SfmResult, list[SfmProgress]]


def positions(dataset: Dataset) -> Array:
    return np.array([view.camera.position for view in dataset.views])


def test_cameras_are_where_they_were(found: Found) -> None:
    folder, structure, _ = found
    assert structure.photographs == COUNT and structure.without == () and structure.points > 200
    there = open_dataset(folder)
    known_notes = ("freed of their lens", "the box is about the points of sparse_pc.ply")
    assert there.format == "transforms" and all(any(known in note for known in known_notes) for note in there.notes)
    known = np.array([camera.position for camera in cameras()])
    # Up to a similarity: where the world's origin is, and how long its unit, no photograph says.
    a, b = positions(there) - positions(there).mean(axis=0), known - known.mean(axis=0)
    u, s, vt = np.linalg.svd(b.T @ a)
    flip = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    turned = s @ np.diag(flip) / (a**2).sum() * a @ (u @ flip @ vt).T
    assert np.linalg.norm(turned - b, axis=1).max() < 0.02 * np.ptp(known, axis=0).max()


def test_every_file_says_the_same(found: Found) -> None:
    folder, structure, _ = found
    assert [path.relative_to(folder).as_posix() for path in structure.written] == [
        "sparse/0", "sparse_pc.ply", "transforms.json", "poses_bounds.npy",
    ]  # fmt: skip
    transforms, model, poses = open_dataset(folder), colmap.read(folder), llff.read(folder)
    for first, second, third in zip(transforms.views, model.views, poses.views, strict=True):
        assert first.name == second.name == third.name
        for other in (second, third):
            assert np.allclose(first.camera.camera_to_world, other.camera.camera_to_world, atol=1e-9)
        assert first.camera.focal_px == second.camera.focal_px and first.distortion == second.distortion
        assert third.camera.focal_px[1] == pytest.approx(first.camera.focal_px[1])
    assert 0 < poses.hints["near"] < poses.hints["far"]
    assert transforms.hints["near"] == pytest.approx(poses.hints["near"])
    assert transforms.hints["far"] == pytest.approx(poses.hints["far"])
    # The box is that of COLMAP's points, which are written for programs that read no model of COLMAP.
    assert len(transforms.points) == len(model.points) == structure.points
    np.testing.assert_allclose(transforms.bounds, model.bounds, rtol=1e-5)
    assert any("the box is about the points of sparse_pc.ply" in note for note in transforms.notes)


def test_it_tells_how_far_it_is(found: Found) -> None:
    _, _, told = found
    assert list(dict.fromkeys(progress.stage for progress in told)) == ["features", "matches", "cameras"]
    assert told[-1].done == told[-1].total == COUNT
    for stage, total in (("features", COUNT), ("matches", COUNT * (COUNT - 1) // 2), ("cameras", COUNT)):
        done = [progress.done for progress in told if progress.stage == stage]
        assert done == sorted(done) and {p.total for p in told if p.stage == stage} == {total}


def test_an_attempt_that_was_stopped_goes_on(tmp_path: Path) -> None:
    folder, stages = photographs(tmp_path, 5), list[str]()
    with pytest.raises(Cancelled):
        find_poses(folder, lambda progress: stages.append(progress.stage), lambda: "matches" in stages)
    database = folder / "colmap" / "database.db"
    made = database.stat().st_ino
    assert find_poses(folder, lambda _: None, never_stop).without == ()
    assert database.stat().st_ino == made
    assert len(read_model(folder / "sparse" / "0").lenses) == 1
    # What is known of a photograph that is gone would be in the way.
    (folder / "images" / "004.png").unlink()
    assert find_poses(folder, lambda _: None, never_stop).photographs == 4
    assert database.stat().st_ino != made or len(open_dataset(folder).views) == 4


def test_a_photograph_of_something_else_has_no_camera(tmp_path: Path) -> None:
    folder = photographs(tmp_path, 5)
    # COLMAP itself ends a name at its first space.
    for path in (folder / "images").iterdir():
        path.rename(path.with_name(f"photo of {path.name}"))
    noise = np.random.default_rng(0).integers(0, 255, (8, 14, 3), dtype=np.uint8)
    write_png(folder / "images" / "the zebra.png", to_uint8(resize_area(noise / np.float32(255), SIZE_PX)))
    structure = find_poses(folder, lambda _: None, never_stop)
    views = open_dataset(folder).views
    assert structure.without == ("the zebra.png",)
    assert [view.name for view in views] == [f"photo of {index:03d}" for index in range(5)]
    assert {picture.name for picture in read_model(folder / "sparse" / "0").pictures} == {
        f"photo of {index:03d}.png" for index in range(5)
    }
    assert not np.isnan([view.image() for view in views]).any()
    # LLFF's file has a row for each image.
    assert not (folder / "poses_bounds.npy").exists()


def test_what_can_not_be_done_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refusal(folder: Path) -> str:
        assert cli.main(["poses", str(folder)]) == 1
        (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("vantage: ")]
        return line.replace(str(tmp_path), "")

    assert refusal(tmp_path / "none") == "vantage: /none: no such folder"
    (tmp_path / "notes.txt").touch()
    assert refusal(tmp_path / "notes.txt") == "vantage: /notes.txt: is a file, neither a folder nor a video"
    (tmp_path / "few").mkdir()
    write_png(tmp_path / "few" / "a.png", np.zeros((32, 32, 3), np.uint8))
    assert refusal(tmp_path / "few") == "vantage: /few: holds 1 photographs; cameras can be found of 3 or more"
    for index in range(3):
        write_png(tmp_path / "grey" / "images" / f"{index}.png", np.full((64, 64, 3), 99, np.uint8))
    assert (
        "no cameras could be found of 3 photographs: 3 have hardly a detail to go by, most of them without texture"
        in refusal(tmp_path / "grey")
    )
    assert not (tmp_path / "grey" / "transforms.json").exists()
    (tmp_path / "grey" / "images" / "1.png").write_bytes(b"")
    assert "1.png: can't be read as an image" in refusal(tmp_path / "grey")


def test_cameras_of_a_small_part_are_a_failure_with_its_reasons(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = photographs(tmp_path, 3)
    for index in range(8):
        write_png(folder / "images" / f"grey{index}.png", np.full((240, 320, 3), 90 + index, np.uint8))
    assert cli.main(["poses", str(folder)]) == 1
    told = capsys.readouterr().err
    assert "cameras could be found of only 3 of 11 photographs" in told
    assert "8 have hardly a detail to go by, most of them without texture (grey0.png, grey1.png" in told
    assert not (folder / "sparse").exists() and not (folder / "transforms.json").exists()


def test_cameras_of_somebody_else_are_replaced_when_told_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = photographs(tmp_path, 4)
    (folder / "transforms.json").write_text("mine")
    assert cli.main(["poses", str(folder)]) == 1
    assert "has transforms.json already" in capsys.readouterr().err and not (folder / "colmap").exists()
    assert cli.main(["poses", str(folder), "--overwrite"]) == 0
    assert len(open_dataset(folder).views) == 4
    assert (folder / "colmap" / "replaced" / "1" / "transforms.json").read_text() == "mine"
    # What this command wrote, it may renew.
    assert cli.main(["poses", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        "colmap", "images", "poses_bounds.npy", "sparse", "sparse_pc.ply", "transforms.json",
    ]  # fmt: skip


def test_what_colmap_can_not_read_is_copied_with_its_focal_length_and_masks_are_obeyed(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = 30
    (tmp_path / "masks").mkdir()
    (tmp_path / "images").mkdir()
    mask = np.full((SIZE_PX[1], SIZE_PX[0]), 255, np.uint8)
    mask[:, :100] = 0
    for index, camera in enumerate(cameras()[:5]):
        picture = Image.fromarray(photograph(camera))
        picture.save(tmp_path / "images" / f"{index}.webp", lossless=True, exif=exif)
        if index != 2:
            write_png(tmp_path / "masks" / f"{index}.png", mask)
    found = find_poses(tmp_path, lambda _: None, never_stop)
    assert found.without == () and [view.name for view in open_dataset(tmp_path).views] == list("01234")
    with sqlite3.connect(tmp_path / "colmap" / "database.db") as known:
        rows = known.execute("SELECT cols, data FROM keypoints NATURAL JOIN images ORDER BY name").fetchall()
        ((prior, values),) = known.execute("SELECT prior_focal_length, params FROM cameras").fetchall()
    across = [np.frombuffer(data, np.float32).reshape(-1, columns)[:, 0] for columns, data in rows]
    assert [bool((places < 95).any()) for places in across] == [False, False, True, False, False]
    # Of 35 mm film: 30 mm before its diagonal of 43.3.
    assert prior and np.frombuffer(values)[0] == pytest.approx(30 / 43.27 * 400, rel=0.05)


def test_of_a_film_the_sharpest_frames_are_taken(tmp_path: Path) -> None:
    sharp = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    blurred = to_uint8(resize_area(resize_area(sharp / np.float32(255), (24, 16)), (96, 64)))
    assert sharpness(sharp) > 10 * sharpness(blurred)
    frames = [sharp if index % 4 == 2 else blurred for index in range(20)]
    video = tmp_path / "video.mp4"
    write_video(video, frames)
    paths = write_sharpest(video, tmp_path / "out", 5)
    assert [path.name for path in paths] == ["000000.png", "000004.png", "000008.png", "000012.png", "000016.png"]
    assert all(sharpness(to_uint8(read_image(path))) > 3 * sharpness(blurred) for path in paths)
    (tmp_path / "out" / "notes.txt").touch()
    with pytest.raises(UserError, match=r"out: holds other files \(notes\.txt\)"):
        write_sharpest(video, tmp_path / "out", 5)


def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    for name in (b"a.png", b"b.png", b"c\xff d.png"):
        (tmp_path / os.fsdecode(name)).write_bytes(b"")
    with pytest.raises(UserError, match="no text in UTF-8"):
        find_poses(tmp_path, lambda _: None, never_stop)
