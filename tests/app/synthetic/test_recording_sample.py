from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.synthetic.raytracer import first_hits
from app.synthetic.recording import CAMERAS
from app.synthetic.recording_sample import RecordingSample, Reel, write_recordings
from app.synthetic.shapes import unit
from engines.core.camera import project
from engines.core.data.images import read_image
from engines.core.errors import Cancelled, UserError
from engines.core.formats.llff import row_camera
from engines.core.paths.path_files import read_path

STEPS = 3
SAMPLE = RecordingSample(seed=2, size_px=(48, 32), steps=STEPS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sample") / "recording"
    write_recordings(place, SAMPLE, samples=1)
    return place


def test_the_folder_is_as_the_authors_have_it(folder: Path) -> None:
    cameras = range(CAMERAS)
    expected = {f"background/cam{camera:02d}.png" for camera in cameras} | {"poses_bounds.npy"}
    for step in range(STEPS):
        expected |= {f"frames/{step:05d}/images/{camera:03d}.png" for camera in cameras}
        expected |= {f"masks/{step:05d}/{camera:03d}.png" for camera in cameras}
        expected.add(f"frames/{step:05d}/poses_bounds.npy")
    expected.add("frames/00000/qual_path.txt")
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == expected
    assert SAMPLE.pictures == CAMERAS * (STEPS + 1)


def test_poses_are_those_of_the_rig_and_depths_what_is_seen(folder: Path) -> None:
    rows = np.load(folder / "poses_bounds.npy")
    assert rows.shape == (CAMERAS, 17) and rows.dtype == np.float64
    for step in range(STEPS):
        np.testing.assert_array_equal(np.load(folder / "frames" / f"{step:05d}" / "poses_bounds.npy"), rows)
    for row, camera in zip(rows, SAMPLE.recording(0).cameras, strict=True):
        read = row_camera("row", row)
        np.testing.assert_allclose(read.camera_to_world, camera.camera_to_world, atol=1e-12)
        assert read.focal_px == pytest.approx(camera.focal_px) and read.centre_px == camera.centre_px
        assert read.size_px == camera.size_px == (48, 32)
        assert 1.5 < row[15] < 3.2 and 5 < row[16] < 10


def test_path_is_a_spiral_like_the_photographs(folder: Path) -> None:
    cameras = SAMPLE.recording(0).cameras
    path = read_path(folder / "frames/00000/qual_path.txt", cameras[0])
    assert len(path) == 120
    assert {camera.size_px for camera in path} == {(48, 32)}
    middle = np.mean([camera.position for camera in cameras], axis=0)
    assert max(np.linalg.norm(camera.position - middle) for camera in path) < 0.6
    assert min(camera.forward @ cameras[0].forward for camera in path) > 0.97


def test_masks_are_where_the_pictures_differ_from_the_backgrounds(folder: Path) -> None:
    inside, outside, shares = [], [], []
    for step in range(STEPS):
        for camera in range(CAMERAS):
            background = read_image(folder / "background" / f"cam{camera:02d}.png")
            picture = read_image(folder / "frames" / f"{step:05d}" / "images" / f"{camera:03d}.png")
            mask = read_image(folder / "masks" / f"{step:05d}" / f"{camera:03d}.png")[..., 0]
            assert set(np.unique(mask)) <= {0, 1}
            change = np.abs(picture - background).max(axis=2)
            inside.append(change[mask == 1] > 0.02)
            outside.append(change[mask == 0] > 0.02)
            shares.append(mask.mean())
    # Now and then a thing has the colour of what it hides; shadows change what is not in the mask.
    assert np.concatenate(inside).mean() > 0.93
    assert np.concatenate(outside).mean() < 0.12
    assert 0.01 < np.mean(shares) < 0.3


def test_a_point_is_seen_where_it_projects(folder: Path) -> None:
    """The picture is neither mirrored nor upside down: the middle of a moving thing is in the mask, unless hidden."""
    scene = SAMPLE.recording(0)
    right, wrong_way = [], []
    for step in range(STEPS):
        whole = replace(scene.still, solids=(*scene.still.solids, *scene.moving(step)))
        # A pixel's own ray may pass beside the middle of what is smaller, or beside the edge of what hides it.
        middles = np.array([solid.centre for solid in scene.moving(step) if solid.shape.radius > 0.12])
        for number, row in enumerate(np.load(folder / "poses_bounds.npy")):
            camera = row_camera("row", row)
            mask = read_image(folder / "masks" / f"{step:05d}" / f"{number:03d}.png")[..., 0] == 1
            hits = first_hits(whole, camera.position[None], unit(middles - camera.position))
            pixels = np.floor(project(camera, middles)[0]).astype(int)
            inside = ((pixels >= 0) & (pixels < camera.size_px)).all(axis=1)
            u, v = pixels[inside].T
            moving = hits.index[inside] >= len(scene.still.solids)
            right.append(mask[v, u] == moving)
            wrong_way += [mask[v, -1 - u] == moving, mask[-1 - v, u] == moving]
    assert np.concatenate(right).mean() > 0.85
    assert np.concatenate(wrong_way).mean() < 0.4


def test_one_camera_again_gives_the_same_bytes_and_another_seed_others(folder: Path, tmp_path: Path) -> None:
    for name, sample in (("same", SAMPLE), ("other", replace(SAMPLE, seed=3))):
        Reel(tmp_path / name, sample, 0, 7, 1).record(lambda: None, lambda: False)
    picture = "frames/00002/images/007.png"
    assert (tmp_path / "same" / picture).read_bytes() == (folder / picture).read_bytes()
    assert (tmp_path / "other" / picture).read_bytes() != (folder / picture).read_bytes()


def test_several_stand_in_splits_that_do_not_depend_on_how_many_there_are() -> None:
    def parts(count: int) -> list[str]:
        sample = replace(SAMPLE, count=count)
        return [sample.part(number) for number in range(count)]

    assert parts(1) == [""]
    assert parts(2) == ["train/rec_000", "validation/rec_001"]
    assert [part for part in parts(20) if part.startswith("validation")] == [
        f"validation/rec_{number:03d}" for number in (1, 9, 17)
    ]
    assert parts(20)[:2] == parts(2)


def test_stopping_leaves_whole_files_only(tmp_path: Path) -> None:
    taken: list[int] = []
    with pytest.raises(Cancelled):
        write_recordings(tmp_path / "sample", SAMPLE, 1, taken.append, stop=lambda: sum(taken) >= 3)
    pictures = sorted(path.name for path in (tmp_path / "sample").rglob("images/*"))
    assert pictures == ["000.png", "000.png"] and not list(tmp_path.rglob("*.part*"))
    with pytest.raises(UserError, match="holds files already"):
        write_recordings(tmp_path / "sample", SAMPLE, 1)
