"""Little recordings in every layout: camera c's picture at step s has the grey 40 s + 5 c + 20."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from engines.core.camera import Array, Camera, look_at
from engines.core.data.images import write_png
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.core.formats import open_dataset

SIZE_PX = (32, 16)
"""Of the pictures; the poses are of twice the size."""


def rig_camera(index: int) -> Camera:
    """One of a row of cameras 0.1 apart that look along +z."""
    eye = np.array([0.1 * index, 0.0, 0.0])
    pose = look_at(eye, eye + np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0]))
    return Camera(pose, (50.0, 50.0), (32.0, 16.0), (64, 32))


def rig_rows(cameras: int, near: float = 1.0, far: float = 8.0) -> Array:
    """[cameras, 17] as LLFF has them."""
    rows = []
    for camera in (rig_camera(index) for index in range(cameras)):
        lens = np.array([camera.size_px[1], camera.size_px[0], camera.focal_px[0]])
        matrix = np.stack([camera.down, camera.right, -camera.forward, camera.position, lens], axis=1)
        rows.append([*matrix.ravel(), near, far])
    return np.array(rows)


def grey(step: int, camera: int) -> int:
    """Of a picture."""
    return 40 * step + 5 * camera + 20


def picture(value: int, size_px: tuple[int, int] = SIZE_PX) -> Array:
    """[H, W, 3] bytes of one grey."""
    return np.full((size_px[1], size_px[0], 3), value, dtype=np.uint8)


def write_steps(root: Path, steps: int = 3, cameras: int = 2, images: str = "images") -> Path:
    """LLFF's folder for each step."""
    for step in range(steps):
        for camera in range(cameras):
            write_png(root / f"{step:05d}" / images / f"{camera:03d}.png", picture(grey(step, camera)))
        np.save(root / f"{step:05d}" / "poses_bounds.npy", rig_rows(cameras))
    return root


def write_cameras(folder: Path, steps: int = 3, cameras: Sequence[str] = ("cam00", "cam01")) -> Path:
    """A folder for each camera."""
    for index, name in enumerate(cameras):
        for step in range(steps):
            write_png(folder / name / f"{step:05d}.png", picture(grey(step, index)))
    np.save(folder / "poses_bounds.npy", rig_rows(len(cameras)))
    return folder


def write_videos(folder: Path, steps: int = 3, cameras: Sequence[str] = ("cam00.mp4", "cam01.mp4")) -> Path:
    """A video for each camera."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, name in enumerate(cameras):
        write_video(folder / name, [picture(grey(step, index)) for step in range(steps)])
    np.save(folder / "poses_bounds.npy", rig_rows(len(cameras)))
    return folder


def write_video(path: Path, frames: Sequence[Array]) -> None:
    """H.264, hardly compressed."""
    size_px = (frames[0].shape[1], frames[0].shape[0])
    writer = imageio_ffmpeg.write_frames(str(path), size_px, fps=10, quality=10, macro_block_size=2)
    writer.send(None)
    for frame in frames:
        writer.send(np.ascontiguousarray(frame))
    writer.close()


def write_backgrounds(folder: Path, names: Sequence[str] = ("cam00", "cam01")) -> None:
    """One of grey 200 + c for each camera."""
    for index, name in enumerate(names):
        write_png(folder / f"{name}.png", picture(200 + index))


def greys(views: Sequence[View]) -> list[int]:
    """Of each view's picture, its middle."""
    return [round(255 * float(view.image()[8, 16].mean())) for view in views]


def refusal(folder: Path) -> str:
    """What is said of a folder, without its path."""
    with pytest.raises(UserError) as refused:
        open_dataset(folder)
    assert "\n" not in str(refused.value)
    return str(refused.value).replace(str(folder), "")
