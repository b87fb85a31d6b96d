"""Posed photographs as every engine sees them, whatever layout they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.errors import UserError
from engines.core.images import read_image, resize_area

Split = Literal["train", "validation", "test"]


@dataclass(frozen=True, eq=False)
class View:
    """One camera and, where there is one, its photograph on the disk.

    Attributes:
        camera: of the photograph's own size.
        name: the file's stem, unique within its split.
        image_path: None for a pose without a photograph (a test path).
        time: seconds or frame number within a recording; 0 for a still scene.
        instance: which object of a class, an index into `Dataset.instances`; 0 where there is only one.
        params_path: numbers that describe what the photograph shows (SRN's `params/`), where they are given.
    """

    camera: Camera
    name: str
    split: Split = "train"
    image_path: Path | None = None
    time: float = 0.0
    mask_path: Path | None = None
    depth_path: Path | None = None
    instance: int = 0
    params_path: Path | None = None

    def image(self) -> Array:
        """[H, W, 3] float32 in [0, 1], read now; transparency is laid over white.

        Raises:
            UserError: there is none, it can't be read, or its size is not the camera's.
        """
        if self.image_path is None:
            raise UserError(f"view {self.name} has no photograph")
        image = read_image(self.image_path)
        if (image.shape[1], image.shape[0]) != self.camera.size_px:
            width, height = self.camera.size_px
            raise UserError(
                f"{self.image_path}: is {image.shape[1]}x{image.shape[0]}, the other images are {width}x{height}; "
                "all images of a folder must have one size"
            )
        return image

    def params(self) -> Array:
        """[L] float32 the numbers of `params_path`.

        Raises:
            UserError: there are none, or they can't be read.
        """
        if self.params_path is None:
            raise UserError(f"view {self.name} has no file of parameters")
        try:
            values = np.array([float(word) for word in self.params_path.read_text(encoding="utf-8").split()])
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise UserError(f"{self.params_path}: can't be read as numbers ({error})") from error
        if values.size == 0 or not np.isfinite(values).all():
            raise UserError(f"{self.params_path}: must hold numbers, all finite")
        return values.astype(np.float32)

    def square_image(self, side_px: int, crop_px: int = 0) -> Array:
        """[side, side, 3] the centred square, resized by area averages; goes with `square_camera`.

        Args:
            crop_px: cut off each side after resizing.
        """
        image = self.image()
        height, width = image.shape[:2]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        square = resize_area(image[top : top + side, left : left + side], (side_px, side_px))
        return square[crop_px : side_px - crop_px, crop_px : side_px - crop_px]

    def square_camera(self, side_px: int, crop_px: int = 0) -> Camera:
        """The camera of `square_image`."""
        left_px = side_px - 2 * crop_px
        return self.camera.square().resized((side_px, side_px)).cropped(crop_px, crop_px, left_px, left_px)


@dataclass(frozen=True, eq=False)
class Dataset:
    """All views of one scene.

    Attributes:
        views: in file order, training views first.
        source: the folder that was opened.
        format: the layout's name, e.g. "deepvoxels".
        bounds: [2, 3] lowest and highest corner of the box that holds the scene, world.
        up: [3] unit vector, world.
        hints: what only some formats know, by its name there (`near_plane`, `scale`, `grid_barycenter`).
        notes: in plain words, what had to be assumed.
        instances: names of the objects of a class; empty for a single scene.
    """

    views: tuple[View, ...]
    source: Path
    format: str
    bounds: Array
    up: Array
    hints: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()

    def split(self, name: Split) -> tuple[View, ...]:
        """The views of one split, in order."""
        return tuple(view for view in self.views if view.split == name)

    @property
    def photographs(self) -> tuple[View, ...]:
        """The views that have an image."""
        return tuple(view for view in self.views if view.image_path is not None)

    def with_held_out(self, every: int) -> Dataset:
        """Every `every`-th training view becomes a validation view, unless some are held out already."""
        train = self.split("train")
        if self.split("validation") or len(train) < 2 * every:
            return self
        held_out = {view.name for view in train[every - 1 :: every]}
        views = (
            replace(view, split="validation") if view.split == "train" and view.name in held_out else view
            for view in self.views
        )
        return replace(self, views=tuple(sorted(views, key=lambda view: view.split != "train")))


def focus_point(cameras: tuple[Camera, ...]) -> Array:
    """[3] the point nearest to all optical axes, by least squares; one unit ahead where they are parallel."""
    system, target = np.zeros((3, 3)), np.zeros(3)
    for camera in cameras:
        across = np.eye(3) - np.outer(camera.forward, camera.forward)
        system += across
        target += across @ camera.position
    # Nearly parallel axes leave one direction undetermined.
    if np.linalg.cond(system) > 1e6:
        return np.asarray(np.mean([camera.position + camera.forward for camera in cameras], axis=0))
    return np.asarray(np.linalg.solve(system, target))


def up_direction(cameras: tuple[Camera, ...]) -> Array:
    """[3] the mean upward direction of the pictures, snapped to a world axis where one is within 30 degrees."""
    mean = -np.mean([camera.down for camera in cameras], axis=0)
    length = np.linalg.norm(mean)
    if length < 1e-6:
        return np.array([0.0, 0.0, 1.0])
    mean = mean / length
    axis = int(np.argmax(np.abs(mean)))
    if abs(mean[axis]) > np.cos(np.radians(30)):
        snapped = np.zeros(3)
        snapped[axis] = np.sign(mean[axis])
        return snapped
    return np.asarray(mean)


def bounds_seen(cameras: tuple[Camera, ...]) -> Array:
    """[2, 3] a cube about the focus point whose faces most cameras see whole; corners may stick out."""
    centre = focus_point(cameras)
    halves = [
        np.linalg.norm(camera.position - centre) * min(camera.size_px) / (2 * max(camera.focal_px))
        for camera in cameras
    ]
    # 0.8: objects are seldom framed to the very edge. Cameras that only turn on the spot give 0: any size will do.
    half = 0.8 * float(np.median(halves))
    if half < 1e-9:
        half = 1.0
    return np.stack([centre - half, centre + half])
