"""Small cameras, folders and checkpoints that the tests of `engines.core` share."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from engines.core.camera import Camera, look_at
from engines.core.data.images import write_png
from engines.core.formats.deepvoxels_folder import Intrinsics, write_intrinsics, write_pose
from engines.core.storage.checkpoint import Checkpoint, SceneInfo

INTRINSICS = Intrinsics(30.0, (16.0, 12.0), (0.1, 0.2, 0.3), 0.5, 1.5, (32, 24))


def camera_at(*eye: float) -> Camera:
    """A small camera that looks at the origin, z upwards."""
    pose = look_at(np.array(eye), np.zeros(3), np.array([0, 0, 1.0]))
    return Camera(pose, (30.0, 31.0), (16.5, 11.5), (32, 24))


def camera_ring(count: int) -> tuple[Camera, ...]:
    """Cameras on a circle of radius 3 and height 1 about the z axis."""
    angles = 2 * np.pi * np.arange(count) / count
    return tuple(camera_at(3 * np.cos(angle), 3 * np.sin(angle), 1.0) for angle in angles)


def write_part(folder: Path, views: int = 3, size_px: tuple[int, int] = (32, 24)) -> Path:
    """Writes one DeepVoxels folder: intrinsics, poses, and images of one grey each."""
    write_intrinsics(folder / "intrinsics.txt", INTRINSICS)
    for index, camera in enumerate(camera_ring(views)):
        write_pose(folder / "pose" / f"{index:06d}.txt", camera.camera_to_world)
        grey = np.full((size_px[1], size_px[0], 3), 10 * index, dtype=np.uint8)
        write_png(folder / "rgb" / f"{index:06d}.png", grey)
    return folder


def checkpoint(step: int = 7) -> Checkpoint:
    """One with a scene, two tensors on one storage, an integer tensor, and training state."""
    cameras = camera_ring(3)
    generator = torch.Generator().manual_seed(step)
    weight = torch.randn(4, 3, generator=generator)
    scene = SceneInfo(cameras[1], cameras, np.array([[-1.0, -1, -1], [1, 1, 2]]), np.array([0, 0, 1.0]), {"scale": 1.5})
    return Checkpoint(
        engine="example",
        config={"lr": 0.1, "name": "a"},
        step=step,
        weights={"weight": weight, "tied": weight, "transposed": weight.T, "count": torch.tensor(3)},
        scene=scene,
        training={"optimiser": {"state": {0: {"step": torch.tensor(2.0)}}}, "random": generator.get_state()},
    )


@contextlib.contextmanager
def no_room_beyond(size_bytes: int) -> Iterator[None]:
    """Every file written meanwhile meets a full disk at `size_bytes`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
