from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.core.errors import Cancelled, UserError
from engines.core.formats import open_dataset
from engines.core.images import read_image
from engines.core.synthetic.sample import deepvoxels_shots, sample_scene, write_deepvoxels_sample
from engines.core.synthetic.scene import BALL_RADIUS

SIZE_PX = 24


def write(folder: Path, seed: int = 3) -> None:
    write_deepvoxels_sample(folder, sample_scene(seed), deepvoxels_shots(seed, SIZE_PX, 5, 2, 3), samples=1)


def test_dataset_reads_back_as_written(tmp_path: Path) -> None:
    write(tmp_path / "sample")
    dataset = open_dataset(tmp_path / "sample")
    assert [len(dataset.split(name)) for name in ("train", "validation", "test")] == [5, 2, 3]
    assert dataset.bounds.tolist() == [[-BALL_RADIUS] * 3, [BALL_RADIUS] * 3]
    assert dataset.hints == {"near_plane": 0.0, "scale": 1.0, "grid_barycenter": [0.0, 0.0, 0.0]}
    assert dataset.up.tolist() == [0, 0, 1]
    shots = deepvoxels_shots(3, SIZE_PX, 5, 2, 3)
    for view, shot in zip(dataset.views, shots, strict=True):
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
    shots = deepvoxels_shots(0, SIZE_PX, 5, 1, 1)
    with pytest.raises(Cancelled):
        write_deepvoxels_sample(
            tmp_path / "sample",
            sample_scene(0),
            shots,
            samples=1,
            on_view=lambda shot, picture: done.append(shot.name),
            stop=lambda: len(done) >= 2,
        )
    assert done == ["000000", "000001"]
    assert sorted(path.name for path in (tmp_path / "sample/train/rgb").iterdir()) == ["000000.png", "000001.png"]
    assert not list(tmp_path.rglob("*.part*"))
