"""A data folder as a project of COLMAP: the same cameras, photographs and points when it is read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.training.handover.colmap_folder import UNSEEN, write_colmap_folder
from app.training.handover.growing_exports import GrowingExports
from engines.core.camera import Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import write_png
from engines.core.data.views import Split, View, Views
from engines.core.engine import never_stop
from engines.core.errors import Cancelled, UserError
from engines.core.formats import open_dataset
from engines.core.formats.colmap_files import read_model

SIZE = (24, 16)
POINTS = np.array([[0.0, 0, 4], [0.1, 0.1, 4], [0, 0, -3]])
"""The last is behind all cameras."""


WHOLE = b"ply\nformat binary_little_endian 1.0\nelement vertex 2\nproperty float x\nend_header\n" + bytes(8)


def nothing(done: int) -> None:
    return None


def dataset_of(folder: Path, count: int = 3) -> Dataset:
    """Views in a row that look along z, each of a colour of its own; the last is held out."""
    views = []
    folder.mkdir(exist_ok=True)
    for number in range(count):
        pose = np.eye(4)
        pose[0, 3] = 0.05 * number
        path = folder / f"{number}.png"
        write_png(path, np.full((SIZE[1], SIZE[0], 3), 50 * (number + 1), dtype=np.uint8))
        split: Split = "validation" if number == count - 1 else "train"
        views.append(View(Camera(pose, (20.0, 21.0), (12.0, 8.0), SIZE), str(number), split, path))
    return Dataset(Views.of(views), folder, "fake", np.array([[-1.0] * 3, [1.0] * 3]), np.array([0.0, -1, 0]),
                   points=POINTS)  # fmt: skip


def test_it_is_read_again_as_it_was(tmp_path: Path) -> None:
    dataset, out, done = dataset_of(tmp_path / "data"), tmp_path / "out", list[int]()
    told = write_colmap_folder(dataset, out, done.append, never_stop)
    assert told == ("1 views are held out, and not handed over",) and done == [1, 2]
    found = open_dataset(out)
    assert found.format == "colmap" and len(found.views) == 2
    for view, source in zip(found.views, dataset.split("train"), strict=True):
        # Where the coordinates begin is chosen when it is read.
        shifted = view.camera.camera_to_world[:3, 3] + found.origin
        np.testing.assert_allclose(shifted, source.camera.camera_to_world[:3, 3], atol=1e-9)
        np.testing.assert_allclose(
            view.camera.camera_to_world[:3, :3], source.camera.camera_to_world[:3, :3], atol=1e-9
        )
        assert (view.camera.focal_px, view.camera.centre_px) == (source.camera.focal_px, source.camera.centre_px)
        assert np.array_equal(view.image(), source.image())
    places, colours = points_of(out)
    np.testing.assert_allclose(places, POINTS)
    assert colours == [[50] * 3, [50] * 3, [UNSEEN] * 3]
    assert sorted(path.name for path in out.iterdir()) == ["images", "sparse"]


def points_of(out: Path) -> tuple[np.ndarray, list[list[int]]]:
    lines = (out / "sparse" / "0" / "points3D.txt").read_text(encoding="utf-8").splitlines()[1:]
    words = [line.split() for line in lines]
    return np.array([[float(word) for word in line[1:4]] for line in words]), [
        [int(word) for word in line[4:7]] for line in words
    ]


def test_colmaps_own_reader_takes_it(tmp_path: Path) -> None:
    pycolmap = pytest.importorskip("pycolmap")
    write_colmap_folder(dataset_of(tmp_path / "data"), tmp_path / "out", nothing, never_stop)
    found = pycolmap.Reconstruction(str(tmp_path / "out" / "sparse" / "0"))
    assert (found.num_images(), found.num_cameras(), found.num_points3D()) == (2, 1, 3)
    assert len(read_model(tmp_path / "out" / "sparse" / "0").pictures) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda views: [replace(view, time=number) for number, view in enumerate(views)], "is a recording of"),
        (lambda views: [replace(view, image_path=None) for view in views], "not all of its training views"),
        (lambda views: [replace(view, split="test") for view in views], "not all of its training views"),
    ],
)
def test_what_can_not_be_handed_over_is_said(
    tmp_path: Path, change: Callable[[list[View]], list[View]], message: str
) -> None:
    dataset = dataset_of(tmp_path / "data")
    with pytest.raises(UserError, match=message):
        changed = replace(dataset, views=Views.of(change(list(dataset.views))))
        write_colmap_folder(changed, tmp_path / "out", nothing, never_stop)
    assert not (tmp_path / "out").exists()


def test_several_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds 2 objects; name the folder of one of them"):
        dataset = replace(dataset_of(tmp_path / "data"), instances=("a", "b"))
        write_colmap_folder(dataset, tmp_path / "out", nothing, never_stop)


def test_nothing_is_half_written(tmp_path: Path) -> None:
    dataset, out = dataset_of(tmp_path / "data"), tmp_path / "out"
    done = list[int]()
    with pytest.raises(Cancelled):
        write_colmap_folder(dataset, out, done.append, lambda: bool(done))
    assert not out.exists() or not list(out.iterdir())
    write_colmap_folder(dataset, out, nothing, never_stop)
    with pytest.raises(UserError, match="out: is there already"):
        write_colmap_folder(dataset, out, nothing, never_stop)


def test_a_scene_is_told_of_once_and_when_it_stands_still(tmp_path: Path) -> None:
    growing = GrowingExports(tmp_path / "exports")
    assert growing.newest() is None
    (tmp_path / "exports").mkdir()
    first, second = tmp_path / "exports" / "export_900.ply", tmp_path / "exports" / "export_1000.ply"
    first.write_bytes(b"")
    assert growing.newest() is None
    first.write_bytes(WHOLE[:-1])
    assert growing.newest() is None and growing.newest() is None and bool(growing.unsettled)
    first.write_bytes(WHOLE)
    assert growing.newest() is None
    assert growing.newest() == first and growing.newest() is None and not growing.unsettled
    second.write_bytes(WHOLE)
    assert growing.newest() is None and growing.newest() == second and growing.newest() is None
