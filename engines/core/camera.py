"""Pinhole cameras: pose (extrinsics) and lens (intrinsics), rays and projections, as `engines.core` has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# Below this a rotation is far from orthonormal for more than rounding: text poses carry about 1e-6.
ORTHONORMAL_TOLERANCE = 1e-2

SAME_DIRECTION = 1e-6
"""Directions nearer to each other are the same; text files carry about as many digits."""
MOST_PX = 10**6
"""Along a side of a picture; more is no size but a mistake."""
LARGEST = 1e15
"""Places and depths beyond it, or depths below its inverse, are no measurements; pictures are drawn in float32."""


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera without distortion.

    Attributes:
        camera_to_world: [4, 4] float64, rigid, OpenCV axes; whatever stands in the fourth row, it is 0 0 0 1 here.
        focal_px: (fx, fy), > 0.
        centre_px: (cx, cy), from the top left corner of the image.
        size_px: (width, height), >= 1.
    """

    camera_to_world: Array
    focal_px: tuple[float, float]
    centre_px: tuple[float, float]
    size_px: tuple[int, int]

    def __post_init__(self) -> None:
        pose = np.array(self.camera_to_world, dtype=np.float64)
        if pose.shape != (4, 4):
            raise ValueError(f"camera_to_world is {pose.shape}, not 4x4")
        if not np.isfinite(pose).all():
            raise ValueError("camera_to_world has a value that is not finite")
        if np.abs(pose).max() > LARGEST:
            raise ValueError(f"camera_to_world has a value beyond {LARGEST:g}, which is no measurement")
        rotation = pose[:3, :3]
        if np.abs(rotation @ rotation.T - np.eye(3)).max() > ORTHONORMAL_TOLERANCE or np.linalg.det(rotation) < 0:
            raise ValueError("camera_to_world is not a rotation and a translation")
        # Else rays, which do without the fourth row, and projections, which take the inverse, would not agree.
        pose[3] = 0, 0, 0, 1
        pose.setflags(write=False)
        object.__setattr__(self, "camera_to_world", pose)
        # Readers have numpy's numbers, which spread their type through whatever they meet.
        fx, fy = self.focal_px
        cx, cy = self.centre_px
        width, height = self.size_px
        object.__setattr__(self, "focal_px", (float(fx), float(fy)))
        object.__setattr__(self, "centre_px", (float(cx), float(cy)))
        object.__setattr__(self, "size_px", (int(width), int(height)))
        if not all(np.isfinite(f) and f > 0 for f in self.focal_px):
            raise ValueError(f"focal_px {self.focal_px} must be > 0")
        if not np.isfinite(self.centre_px).all():
            raise ValueError(f"centre_px {self.centre_px} is not finite")
        if not 1 <= min(self.size_px) <= max(self.size_px) <= MOST_PX:
            raise ValueError(f"size_px must be 1 to {MOST_PX} along each side")
        # numpy's numbers would turn a float32 tensor that they meet into float64.
        (fx, fy), (cx, cy), (width, height) = self.focal_px, self.centre_px, self.size_px
        object.__setattr__(self, "focal_px", (float(fx), float(fy)))
        object.__setattr__(self, "centre_px", (float(cx), float(cy)))
        object.__setattr__(self, "size_px", (int(width), int(height)))

    @property
    def position(self) -> Array:
        """[3] where the camera stands, world units."""
        return self.camera_to_world[:3, 3]

    @property
    def right(self) -> Array:
        """[3] unit vector of +x in the world."""
        return self.camera_to_world[:3, 0]

    @property
    def down(self) -> Array:
        """[3] unit vector of +y in the world."""
        return self.camera_to_world[:3, 1]

    @property
    def forward(self) -> Array:
        """[3] unit vector of +z in the world: where the camera looks."""
        return self.camera_to_world[:3, 2]

    @property
    def world_to_camera(self) -> Array:
        """[4, 4] inverse of `camera_to_world`."""
        return np.linalg.inv(self.camera_to_world)

    @property
    def intrinsics(self) -> Array:
        """[3, 3] camera to homogeneous pixels: what texts call K."""
        (fx, fy), (cx, cy) = self.focal_px, self.centre_px
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])

    @property
    def fov_y_deg(self) -> float:
        """Vertical field of view."""
        return float(np.degrees(2 * np.arctan(self.size_px[1] / (2 * self.focal_px[1]))))

    def at(self, camera_to_world: Array) -> Camera:
        """A camera of this lens and size at the pose `camera_to_world` [4, 4]."""
        return replace(self, camera_to_world=camera_to_world)

    def resized(self, size_px: tuple[int, int]) -> Camera:
        """The camera of this picture when it is sampled with `size_px` (width, height) pixels."""
        x, y = size_px[0] / self.size_px[0], size_px[1] / self.size_px[1]
        return replace(
            self,
            focal_px=(self.focal_px[0] * x, self.focal_px[1] * y),
            centre_px=(self.centre_px[0] * x, self.centre_px[1] * y),
            size_px=size_px,
        )

    def scaled(self, factor: float) -> Camera:
        """The camera of this picture with `factor` times as many pixels along each side, at least one."""
        width, height = self.size_px
        return self.resized((max(1, round(width * factor)), max(1, round(height * factor))))

    def cropped(self, x: int, y: int, width: int, height: int) -> Camera:
        """The part of the picture that begins `x` pixels from the left and `y` from the top."""
        return replace(self, centre_px=(self.centre_px[0] - x, self.centre_px[1] - y), size_px=(width, height))

    def square(self) -> Camera:
        """The largest centred square of the picture."""
        width, height = self.size_px
        side = min(width, height)
        return self.cropped((width - side) // 2, (height - side) // 2, side, side)

    def zoomed(self, factor: float) -> Camera:
        """A lens `factor` times as long."""
        return replace(self, focal_px=(self.focal_px[0] * factor, self.focal_px[1] * factor))

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads back without loss."""
        return {
            "camera_to_world": self.camera_to_world.tolist(),
            "focal_px": list(self.focal_px),
            "centre_px": list(self.centre_px),
            "size_px": list(self.size_px),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Camera:
        """Reads what `to_json` wrote.

        Raises:
            ValueError: a field is missing or makes no camera.
        """
        try:
            fx, fy = (float(x) for x in data["focal_px"])
            cx, cy = (float(x) for x in data["centre_px"])
            width, height = (int(x) for x in data["size_px"])
            pose = np.array(data["camera_to_world"], dtype=np.float64)
        except (KeyError, TypeError, OverflowError) as error:
            raise ValueError(f"not a camera: {error}") from error
        return Camera(pose, (fx, fy), (cx, cy), (width, height))


def quaternion_rotation(w: float, x: float, y: float, z: float) -> Array:
    """[3, 3] the rotation of a quaternion of length 1, its real part first."""
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def rigid(matrix: Array) -> Array:
    """The first three rows of a pose [4, 4] or [3, 4] above 0 0 0 1, as one that is to be inverted needs it."""
    pose = np.eye(4)
    pose[:3] = matrix[:3]
    return pose


def look_at(eye: Array, target: Array, up: Array) -> Array:
    """[4, 4] camera_to_world of a camera at `eye` that looks at `target`, with `up` upwards in its picture.

    Args:
        eye: [3], world units.
        target: [3], world units, not equal to `eye`.
        up: [3], any length. Where it is parallel to the view, another axis takes its place.
    """
    eye, target, up = (np.asarray(v, dtype=np.float64) for v in (eye, target, up))
    forward = target - eye
    length = np.linalg.norm(forward)
    if length == 0:
        raise ValueError("look_at: eye and target are the same point")
    forward = forward / length
    right = np.cross(forward, up)
    if np.linalg.norm(right) < 1e-6 * max(float(np.linalg.norm(up)), 1.0):
        # Straight up or down: any direction across the view will do.
        right = np.cross(forward, np.eye(3)[int(np.argmin(np.abs(forward)))])
    right = right / np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3] = np.stack([right, np.cross(forward, right), forward, eye], axis=1)
    return pose


def shortest_turn(start: Array, end: Array) -> Array:
    """[3, 3] the rotation that brings one unit vector onto another, about the axis across both (Rodrigues)."""
    axis, cosine = np.cross(start, end), float(start @ end)
    if cosine > 1 - SAME_DIRECTION**2:
        return np.eye(3)
    if cosine < -1 + SAME_DIRECTION**2:
        # Upside down: half a turn about x, as between a camera's axes (y down, z ahead) and a world's; any other axis
        # across would do. Along x itself, about y.
        across = np.eye(3)[int(abs(end[0]) > 0.9)]
        across = across - (across @ end) * end
        across = across / np.linalg.norm(across)
        return np.asarray(2 * np.outer(across, across) - np.eye(3))
    x, y, z = axis
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + skew + skew @ skew / (1 + cosine))


def pixel_rays(camera: Camera) -> tuple[Array, Array]:
    """The ray through the centre of every pixel.

    Returns:
        origin: [3] float64, world.
        directions: [H, W, 3] float64, world, unit length.
    """
    width, height = camera.size_px
    u = (np.arange(width) + 0.5 - camera.centre_px[0]) / camera.focal_px[0]
    v = (np.arange(height) + 0.5 - camera.centre_px[1]) / camera.focal_px[1]
    x, y = np.meshgrid(u, v)
    in_camera = np.stack([x, y, np.ones_like(x)], axis=-1)
    in_world = in_camera @ camera.camera_to_world[:3, :3].T
    return camera.position.copy(), in_world / np.linalg.norm(in_world, axis=-1, keepdims=True)


def project(camera: Camera, points_world: Array) -> tuple[Array, Array]:
    """Pixels that points fall on, and their depths.

    Args:
        points_world: [N, 3].

    Returns:
        pixels: [N, 2] (u, v) from the top left corner; meaningless where depth <= 0.
        depth: [N] along +z, world units; <= 0 is behind the camera.
    """
    in_camera = np.asarray(points_world) @ camera.world_to_camera[:3, :3].T + camera.world_to_camera[:3, 3]
    depth = in_camera[:, 2]
    safe = np.where(np.abs(depth) < 1e-12, 1e-12, depth)
    pixels = in_camera[:, :2] / safe[:, None] * np.array(camera.focal_px) + np.array(camera.centre_px)
    return pixels, depth
