from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.synthetic.sample import Sample, deepvoxels_sample, srn_sample, write_sample
from app.synthetic.scene import BALL_RADIUS
from app.synthetic.shapes import Box
from app.synthetic.toy_car import car_plan, toy_car
from engines.core.data.images import read_image
from engines.core.errors import Cancelled, UserError
from engines.core.formats import open_dataset

SIZE_PX = 24


def write(folder: Path, seed: int = 3) -> None:
    write_sample(folder, still_life(seed), samples=1)


def still_life(seed: int) -> Sample:
    return deepvoxels_sample(seed, SIZE_PX, 5, 2, 3)


def test_dataset_reads_back_as_written(tmp_path: Path) -> None:
    write(tmp_path / "sample")
    dataset = open_dataset(tmp_path / "sample")
    assert [len(dataset.split(name)) for name in ("train", "validation", "test")] == [5, 2, 3]
    assert dataset.bounds.tolist() == [[-BALL_RADIUS] * 3, [BALL_RADIUS] * 3]
    assert dataset.hints == {"near_plane": 0.0, "scale": 1.0, "grid_barycenter": [0.0, 0.0, 0.0]}
    assert dataset.up.tolist() == [0, 0, 1]
    for view, shot in zip(dataset.views, still_life(3).shots, strict=True):
        assert (view.split, view.name) == (shot.split, shot.name)
        assert np.allclose(view.camera.camera_to_world, shot.camera.camera_to_world, atol=1e-11)
        assert view.camera.focal_px == pytest.approx(shot.camera.focal_px)
        assert view.camera.centre_px == shot.camera.centre_px
        assert view.depth_path is not None and view.mask_path is not None
        depth, mask, image = np.load(view.depth_path), read_image(view.mask_path)[..., 0], view.image()
        assert depth.dtype == np.float32 and depth.shape == (SIZE_PX, SIZE_PX)
        assert (np.isfinite(depth) == (mask == 1)).all() and set(np.unique(mask)) == {0, 1}
        assert 0.1 < mask.mean() < 0.7
        # One sample a pixel is the centre's ray, so that what is not an object is white.
        assert (image[mask == 0] == 1).all() and (image[mask == 1].mean() < 0.9)


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        write(tmp_path / name, seed)

    def content(name: str) -> dict[str, bytes]:
        root = tmp_path / name
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    assert content("one") == content("two")
    assert len(content("one")) == 4 * 10 + 4
    rgb = "train/rgb/000000.png"
    assert content("one")[rgb] != content("other")[rgb]


def test_refuses_what_is_there_already(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="holds files already; name a new folder"):
        write(tmp_path)
    with pytest.raises(UserError, match="is a file"):
        write(tmp_path / "notes.txt")
    with pytest.raises(UserError, match="can't be written"):
        write(tmp_path / "notes.txt" / "below")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_stopping_leaves_whole_files_only(tmp_path: Path) -> None:
    done: list[str] = []
    with pytest.raises(Cancelled):
        write_sample(
            tmp_path / "sample",
            still_life(0),
            samples=1,
            on_view=lambda shot, picture: done.append(shot.name),
            stop=lambda: len(done) >= 2,
        )
    assert done == ["000000", "000001"]
    assert sorted(path.name for path in (tmp_path / "sample/train/rgb").iterdir()) == ["000000.png", "000001.png"]
    assert not list(tmp_path.rglob("*.part*"))


def test_a_class_reads_back_as_written(tmp_path: Path) -> None:
    sample = srn_sample(5, SIZE_PX, objects=3, train=2, held_out=1)
    write_sample(tmp_path / "cars", sample, samples=1)
    dataset = open_dataset(tmp_path / "cars")
    assert dataset.instances == ("car_000", "car_001", "car_002")
    assert [len(dataset.split(name)) for name in ("train", "validation", "test")] == [6, 3, 9]
    shots = {(shot.split, f"{Path(shot.part).name}/{shot.name}"): shot for shot in sample.shots}
    for view in dataset.views:
        shot = shots[view.split, view.name]
        assert np.allclose(view.camera.camera_to_world, shot.camera.camera_to_world, atol=1e-11)
        assert view.camera.focal_px == pytest.approx(shot.camera.focal_px)
        # The car is seen, whole, before white.
        image = view.image()
        edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
        assert (edge == 1).all() and 0.05 < (image.min(axis=2) < 0.99).mean() < 0.7
    # As the authors read it: no near plane.
    assert len((tmp_path / "cars/train/car_001/intrinsics.txt").read_text().splitlines()) == 4


def test_a_car_does_not_depend_on_how_many_there_are() -> None:
    few, many = srn_sample(5, SIZE_PX, objects=1, train=2, held_out=1), srn_sample(5, SIZE_PX, 4, train=2, held_out=1)
    assert car_plan(5, 0) != car_plan(5, 1) != car_plan(6, 1)
    ours, theirs = ([shot.camera.camera_to_world for shot in sample.shots[:2]] for sample in (few, many))
    assert np.array_equal(ours, theirs)
    assert [solid.shape for solid in few.shots[0].scene.solids] == [solid.shape for solid in many.shots[0].scene.solids]


@pytest.mark.parametrize("number", range(24))
def test_cars_stay_within_the_ball(number: int) -> None:
    for solid in toy_car(0, number).solids:
        axis = np.abs(np.eye(3) @ solid.rotation.T)
        reach = np.array(solid.shape.half) if isinstance(solid.shape, Box) else np.full(3, solid.shape.radius)
        # To the corner of the solid's box, which is rounded: a little beyond the solid.
        assert np.linalg.norm(np.abs(solid.centre) + axis @ reach) < BALL_RADIUS + 0.04, solid.name
