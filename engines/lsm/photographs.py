"""The photographs that a scene is made of, and where they stand about the grid.

The grid is a cube of side 1 about the origin, +z up, as the authors' scenes have it; in the world it is the smallest
upright cube about the middle of the data's box.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import resize_area
from engines.core.data.views import View, Views
from engines.core.engine import INSTANCE
from engines.core.errors import UserError
from engines.core.reading import counted, naming
from engines.lsm.config import LsmConfig
from engines.lsm.projection import project_centres

WHITE = 0.99
"""As bright as what photographs of objects stand on."""
BACKDROP = 1e-5
"""The weight of that, where a colour is taken from photographs."""


@dataclass(frozen=True, eq=False)
class ReconstructionCube:
    """The cube that the grid fills, and its place in the world.

    Attributes:
        centre: [3] its middle, world.
        side: world units.
        turn: [3, 3] from the world's axes to the cube's.
    """

    centre: Array
    side: float
    turn: Array

    @staticmethod
    def of(dataset: Dataset) -> ReconstructionCube:
        """The cube about the data's box, its +z upwards."""
        low, high = dataset.bounds
        return ReconstructionCube((low + high) / 2, float((high - low).max()), upright(dataset.up))

    def to_world(self, points: Tensor) -> Tensor:
        """[N, 3] of points [N, 3] in the cube."""
        turn, centre = (torch.tensor(array, dtype=points.dtype).to(points.device) for array in (self.turn, self.centre))
        return points @ turn * self.side + centre

    def from_world(self, points: Tensor) -> Tensor:
        """[N, 3] of points [N, 3] in the world."""
        turn, centre = (torch.tensor(array, dtype=points.dtype).to(points.device) for array in (self.turn, self.centre))
        return (points - centre) @ turn.T / self.side

    def matrices(self, camera: Camera) -> tuple[Array, Array]:
        """The authors' K [3, 3] and R [3, 4]: intrinsics, pixels, and from the cube to the camera in its units."""
        (fx, fy), (cx, cy) = camera.focal_px, camera.centre_px
        to_camera = camera.world_to_camera
        rotation = to_camera[:3, :3] @ self.turn.T
        middle = (to_camera[:3, :3] @ self.centre + to_camera[:3, 3]) / self.side
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]]), np.column_stack([rotation, middle])

    def corners(self, reach: float) -> Array:
        """[2, 3] the box along the world's axes that holds the cube, whose half side is `reach` in its own units."""
        half = np.abs(self.turn).sum(axis=0) * reach * self.side
        return np.stack([self.centre - half, self.centre + half])


def upright(up: Array) -> Array:
    """[3, 3] the rotation that brings `up` [3], of length 1, to +z; none where it is there already."""
    if np.allclose(up, (0, 0, 1)):
        return np.eye(3)
    # Objects keep their own sideways direction as far as they can: ShapeNet's +y up becomes +z, its -z +y.
    sideways = np.eye(3)[int(np.argmin(np.abs(up)))]
    ahead = np.cross(up, sideways)
    ahead = ahead / np.linalg.norm(ahead)
    return np.stack([np.cross(ahead, up), ahead, up])


@dataclass(frozen=True, eq=False)
class NetworkPhotographs:
    """Some photographs as the network takes them.

    Attributes:
        numbers: in the folder, in the order in which they are looked at.
        cameras: of each, of the size that it was brought to; world.
        images: [V, 3, H, W] in [0, 1].
        K: [V, 3, 3] and R: [V, 3, 4] as `ReconstructionCube.matrices`.
    """

    numbers: tuple[int, ...]
    cameras: tuple[Camera, ...]
    images: Tensor
    K: Tensor
    R: Tensor

    @cached_property
    def weighed(self) -> Tensor:
        """[V, 4, H, W] the images, and how far they show the object: hardly, where white goes on to their border."""
        weights = np.stack([_beside_backdrop(image) for image in self.images.movedim(1, 3).cpu().numpy()])
        return torch.cat([self.images, torch.from_numpy(weights).to(self.images)[:, None]], dim=1)

    def first(self, count: int) -> NetworkPhotographs:
        """The first `count` of them."""
        part = slice(0, count)
        return NetworkPhotographs(self.numbers[part], self.cameras[part], self.images[part], self.K[part], self.R[part])


def _beside_backdrop(image: Array) -> Array:
    """[H, W] the weights of pixels [H, W, 3]: 1, or `BACKDROP` of what stands behind the object, and beside that."""
    white = (image.min(axis=2) > WHITE).astype(np.uint8)
    _, labels = cv2.connectedComponents(white)
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    behind = np.isin(labels, border[border > 0]).astype(np.uint8)
    # Pixels at the edge show some of both.
    return np.where(cv2.dilate(behind, np.ones((3, 3), dtype=np.uint8)) > 0, BACKDROP, 1.0)


def instance_number(dataset: Dataset, controls: Mapping[str, float]) -> int:
    """Which object of a class is meant."""
    return round(controls.get(INSTANCE, 0)) if dataset.instances else 0


def views_of(dataset: Dataset, number: int) -> Views:
    """An object's photographs, in the order of the folder."""
    return dataset.views.of_instance(number).at_time(0).photographed


def chosen_numbers(asked: Sequence[int] | None, most: int, views: Views, where: str) -> tuple[int, ...]:
    """Which photographs are looked at, in order.

    Args:
        asked: their numbers; None: the first `most` that may be trained on. Of an object that is held out the last, so
            that there are some before them to compare with.
        where: whose they are, for people.

    Raises:
        UserError: there are fewer.
    """
    if not len(views):
        raise UserError(f"{where}: has no photographs to make a scene of")
    if asked is None:
        learnt = np.flatnonzero(views.splits == 0).tolist()
        return tuple(learnt[:most]) or tuple(range(len(views)))[-min(most, max(len(views) - 1, 1)) :]
    if wrong := [str(number) for number in asked if not 0 <= number < len(views)]:
        raise UserError(
            f"{where}: has {counted(len(views), 'photograph')}, numbered from 0; views={naming(wrong)} "
            f"{'is' if len(wrong) == 1 else 'are'} not among them"
        )
    return tuple(asked)


def read_photographs(
    views: Views, numbers: Sequence[int], cube: ReconstructionCube, config: LsmConfig, device: torch.device
) -> NetworkPhotographs:
    """Reads photographs and brings them to the size that the network was trained on.

    Raises:
        UserError: one can't be read, or its camera sees nothing of the grid.
    """
    size_px = (config.im_w, config.im_h)
    read = [_resized(views[number], size_px) for number in numbers]
    matrices = [cube.matrices(camera) for camera, _ in read]
    together = (np.stack(arrays) for arrays in zip(*matrices, strict=True))
    K, R = (torch.tensor(arrays, dtype=torch.float32, device=device) for arrays in together)
    images = torch.tensor(np.stack([image for _, image in read]), dtype=torch.float32, device=device).movedim(-1, 1)
    for number, sees in zip(numbers, _sees_grid(K, R, config.nvox, size_px), strict=True):
        if not sees:
            raise UserError(
                f"{views[number].image_path}: its camera sees nothing of the grid; leave {number} out of views, or the "
                "photograph out of the folder"
            )
    return NetworkPhotographs(tuple(numbers), tuple(camera for camera, _ in read), images.contiguous(), K, R)


def _resized(view: View, size_px: tuple[int, int]) -> tuple[Camera, Array]:
    """Camera and photograph [H, W, 3] at a size; of another shape, its middle."""
    if view.camera.size_px == size_px:
        return view.camera, view.image()
    if size_px[0] == size_px[1]:
        return view.square_camera(size_px[0]), view.square_image(size_px[0])
    return view.camera.resized(size_px), resize_area(view.image(), size_px)


def _sees_grid(K: Tensor, R: Tensor, nvox: int, size_px: tuple[int, int]) -> list[bool]:
    """Whether the middle of any voxel is in the picture of each camera."""
    columns, rows, depth = project_centres(K, R, nvox)
    within = (depth > 0) & (columns >= 0) & (columns < size_px[0]) & (rows >= 0) & (rows < size_px[1])
    return within.any(dim=1).tolist()
