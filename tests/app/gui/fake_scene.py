"""A scene for window tests: three ray-cast balls on a floor, as slow as asked, with photographs where wanted."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from app.viewing.opening import Opened
from engines.core.camera import Array, Camera, look_at, pixel_rays
from engines.core.data.dataset import Dataset
from engines.core.data.images import to_uint8, write_png
from engines.core.data.views import Split, View, Views
from engines.core.engine import Control, Scene, Stop, never_stop
from engines.core.errors import Cancelled, UserError
from engines.core.frame import Frame
from engines.core.storage.checkpoint import Checkpoint

UP = np.array([0.0, 0.0, 1.0])
BOUNDS = np.array([[-1.0, -1.0, -0.5], [1.0, 1.0, 0.9]])
BALLS = (
    ((-0.45, 0.0, 0.0), 0.5, (0.85, 0.25, 0.2)),
    ((0.5, 0.35, -0.1), 0.4, (0.2, 0.45, 0.9)),
    ((0.3, -0.5, -0.25), 0.25, (0.95, 0.75, 0.2)),
)
FLOOR_Z = -0.5
LIGHT = np.array([0.4, -0.5, 0.77])


def ring(count: int, size_px: tuple[int, int]) -> tuple[Camera, ...]:
    """Cameras around the balls, looking at the middle."""
    focal = 1.1 * min(size_px)
    lens = Camera(np.eye(4), (focal, focal), (size_px[0] / 2, size_px[1] / 2), size_px)
    angles = np.arange(count) * 2 * np.pi / count
    eyes = [np.array([2.6 * np.cos(a), 2.6 * np.sin(a), 1.1]) for a in angles]
    return tuple(lens.at(look_at(eye, np.array([0.0, 0.0, 0.0]), UP)) for eye in eyes)


class FakeScene:
    """Implements `Scene`; `render` takes `seconds`, and counts."""

    engine = "colour_grid"
    cropped_px = border_px = 0
    device = torch.device("cpu")
    bounds = BOUNDS
    up = UP
    channels: tuple[str, ...] = ("rgb", "depth")
    assumptions: tuple[str, ...] = ()

    def __init__(
        self,
        native_px: tuple[int, int] | None = (128, 128),
        seconds: float = 0.0,
        controls: tuple[Control, ...] = (),
    ) -> None:
        self.native_px, self.seconds, self.controls = native_px, seconds, controls
        self.cameras = ring(12, native_px or (160, 120))
        self.start = self.cameras[0]
        self.rendered = 0
        self.seen: list[Mapping[str, float]] = []
        self.fails_with: BaseException | None = None

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        if self.fails_with is not None:
            raise self.fails_with
        if self.native_px is not None and camera.size_px != self.native_px:
            raise UserError(f"can draw {self.native_px} only, not {camera.size_px}")
        began = time.monotonic()
        # Read each time: a test may let go what it has held up.
        while time.monotonic() - began < self.seconds:
            if stop():
                raise Cancelled
            time.sleep(0.002)
        self.rendered += 1
        self.seen.append(dict(controls))
        return draw(camera, float(controls.get("glow", 0.0)))


def draw(camera: Camera, glow: float = 0.0) -> Frame:
    """The picture, with exact depth."""
    origin, rays = pixel_rays(camera)
    nearest = np.full(rays.shape[:2], np.inf)
    image = np.ones((*rays.shape[:2], 3))
    down = rays[..., 2]
    floor = np.where(down < -1e-6, (FLOOR_Z - origin[2]) / np.where(down < -1e-6, down, -1.0), np.inf)
    on_floor = origin + rays * np.where(np.isfinite(floor), floor, 0.0)[..., None]
    inside = np.isfinite(floor) & (np.abs(on_floor[..., :2]).max(axis=-1) < 1.0)
    squares = (np.floor(on_floor[..., 0] * 4) + np.floor(on_floor[..., 1] * 4)) % 2
    nearest[inside] = floor[inside]
    image[inside] = np.where(squares[inside][:, None] > 0, 0.82, 0.62)
    for centre, radius, colour in BALLS:
        _add_ball(origin, rays, np.array(centre), radius, np.array(colour), nearest, image)
    depth = nearest * (rays @ camera.forward)
    image = np.clip(image + glow, 0, 1)
    return Frame(torch.from_numpy(image.astype(np.float32)), torch.from_numpy(depth.astype(np.float32)))


def _add_ball(
    origin: Array, rays: Array, centre: Array, radius: float, colour: Array, nearest: Array, image: Array
) -> None:
    along = rays @ (centre - origin)
    inside = along**2 - ((centre - origin) @ (centre - origin) - radius**2)
    distance = along - np.sqrt(np.where(inside > 0, inside, 0))
    hit = (inside > 0) & (distance > 0) & (distance < nearest)
    normals = (origin + rays[hit] * distance[hit][:, None] - centre) / radius
    nearest[hit] = distance[hit]
    image[hit] = colour * (0.25 + 0.75 * np.clip(normals @ LIGHT, 0, 1))[:, None]


def write_photographs(folder: Path, scene: Scene) -> Dataset:
    """Photographs of the scene's cameras, a little darker than it draws them, so that there is an error.

    In a folder called `held_out` the last three are for validation and the two before for tests.
    """
    views = []
    held_out: dict[int, Split] = {7: "test", 8: "test", 9: "validation", 10: "validation", 11: "validation"}
    for index, camera in enumerate(scene.cameras):
        path = folder / f"{index:03d}.png"
        write_png(path, to_uint8(draw(camera).image.numpy() * 0.9))
        split = held_out.get(index, "train") if folder.name == "held_out" else "train"
        views.append(View(camera, f"{index:03d}", split, path))
    return Dataset(Views.of(views), folder, "fake", BOUNDS, UP)


def opened(scene: Scene, path: Path, dataset: Dataset | None = None) -> Opened:
    """As `open_scene` gives it."""
    return Opened(scene, Checkpoint("colour_grid", {}, 12_000, {}), dataset, path)


def picture_of(scene: FakeScene, camera: Camera) -> Array:
    """[H, W, 3] uint8, what an exact picture must show."""
    return to_uint8(scene.render(camera, {}, never_stop).image.numpy())
