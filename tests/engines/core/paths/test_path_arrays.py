"""Camera paths in numpy's arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.core.camera import Array
from engines.core.errors import UserError
from engines.core.paths.path_files import read_path
from tests.engines.core.cameras_around import LIKE, around, assert_same_poses


@pytest.mark.parametrize("rows", [3, 4])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_camera_to_world_of_three_rows_or_four(tmp_path: Path, rows: int, kind: type) -> None:
    poses: Array = np.array([camera.camera_to_world for camera in around()])[:, :rows].astype(kind)
    np.save(tmp_path / "path.npy", poses)
    np.save(tmp_path / "one.npy", poses[0])
    np.savez(tmp_path / "path.npz", c2w=poses)
    assert_same_poses(read_path(tmp_path / "path.npy", LIKE), around(), 1e-6)
    assert_same_poses(read_path(tmp_path / "path.npz", LIKE), around(), 1e-6)
    assert_same_poses(read_path(tmp_path / "one.npy", LIKE), around()[:1], 1e-6)


def neus(with_lens: bool) -> dict[str, np.ndarray]:
    """As NeuS's script writes it: world_mat is the whole projection; camera_mat the lens alone, in pixels."""
    lens = np.eye(4)
    # From the middle of the first pixel.
    lens[:3, :3] = np.array([[90, 0, 47.5], [0, 90, 35.5], [0, 0, 1]])
    scale = np.diag([2.0, 2.0, 2.0, 1.0])
    scale[:3, 3] = [0.1, -0.2, 0.3]
    content = {}
    for index, camera in enumerate(around()):
        content[f"world_mat_{index}"] = lens @ camera.world_to_camera
        content[f"scale_mat_{index}"] = scale
        if with_lens:
            content[f"camera_mat_{index}"] = lens
    return content


@pytest.mark.parametrize("with_lens", [True, False])
@pytest.mark.parametrize("name", ["cameras.npz", "cameras_sphere.npz", "other.npz"])
def test_neus_has_its_lens_in_pixels(tmp_path: Path, with_lens: bool, name: str) -> None:
    np.savez(tmp_path / name, allow_pickle=False, **neus(with_lens))
    cameras = read_path(tmp_path / name, LIKE)
    assert len(cameras) == 12 and cameras[0].focal_px == pytest.approx((90, 90))
    np.testing.assert_allclose(cameras[0].position, (np.array([2.2, 0, 1]) - [0.1, -0.2, 0.3]) / 2, atol=1e-9)
    if name != "other.npz":
        assert len(read_path(tmp_path, LIKE)) == 12


@pytest.mark.parametrize("shape", [(3, 7), (4,), (2, 5, 4), (0,), (1, 2, 3, 4)])
def test_other_arrays_are_named_by_their_shape(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "other.npy", np.zeros(shape))
    described = "x".join(map(str, shape))
    with pytest.raises(UserError, match=rf"other\.npy: an array of {described}; cameras are .*Nx4x4 or Nx3x4"):
        read_path(tmp_path / "other.npy", LIKE)
