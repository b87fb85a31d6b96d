"""Cameras of matrices; above all what one that takes points to a picture says, as DVR, IDR and NeuS have it.

| program | its picture | |
|---|---|---|
| DVR | `camera_mat_i @ world_mat_i @ scale_mat_i` | spans [-1, 1] from its top left corner |
| IDR, NeuS | `world_mat_i @ scale_mat_i` | pixels, from the middle of the first one |

NeuS's script for one's own photographs writes a `camera_mat_i` as well, the lens in pixels, which NeuS never reads. So
it is told by the lens that comes out which of both is meant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.errors import UserError

FARTHEST_CENTRE, SHORTEST_FOCAL, LONGEST_FOCAL = 2.0, 0.1, 200.0
"""Of a lens that took the picture, in halves of it: its middle is in it, or beside it where it was cut out of another
picture; it sees an angle from half a degree to 169 degrees."""
MIDDLE_PX = 0.5
"""Of the first pixel, from its corner: IDR and NeuS shoot the ray of pixel (0, 0) through (0, 0)."""


@dataclass(frozen=True, eq=False)
class Projection:
    """A camera.

    Attributes:
        camera_to_world: [4, 4].
        lens: [3, 3] pixels, from the picture's top left corner.
        size_px: (width, height).
        spans_units: whether the matrices are DVR's.
    """

    camera_to_world: Array
    lens: Array
    size_px: tuple[int, int]
    spans_units: bool


def read_projection(
    where: str,
    world: Array,
    camera: Array | None,
    size_px: tuple[int, int] | None,
    units_px: tuple[int, int] = (2, 2),
) -> Projection:
    """The camera of a photograph.

    Args:
        world: [3, 4] `world_mat @ scale_mat`.
        camera: [3, 3] of `camera_mat`, where there is one.
        size_px: (width, height); None where there is no photograph: the lens's middle is taken for that of the picture.
        units_px: (width, height) of a picture without a photograph that spans [-1, 1].

    Raises:
        UserError: begins with `where`: no projection, or of no lens that took the picture, whichever way it is read.
    """
    if camera is not None:
        pose, lens = decomposed(where, camera @ world)
        if _took(lens):
            size = size_px or units_px
            return Projection(pose, units_to_pixels(size) @ lens, size, spans_units=True)
    pose, lens = decomposed(where, world)
    shift = np.array([[1, 0, MIDDLE_PX], [0, 1, MIDDLE_PX], [0, 0, 1]])
    in_pixels = shift @ lens
    size = size_px or (max(1, round(2 * in_pixels[0, 2])), max(1, round(2 * in_pixels[1, 2])))
    if not _took(np.linalg.inv(units_to_pixels(size)) @ in_pixels):
        (fx, fy), (cx, cy) = in_pixels[[0, 1], [0, 1]].tolist(), in_pixels[:2, 2].tolist()
        also = "" if camera is None else ", nor with its camera_mat one whose picture spans -1 to 1"
        raise UserError(
            f"{where}: makes no lens that took a picture of {size[0]}x{size[1]} (focal length {fx:.4g} {fy:.4g}, "
            f"middle {cx:.4g} {cy:.4g} pixels){also}; world_mat must hold lens and pose, as IDR and NeuS have it, or "
            "be DVR's"
        )
    return Projection(pose, in_pixels, size, spans_units=False)


def _took(lens: Array) -> bool:
    """Whether a lens [3, 3] fits a picture that spans [-1, 1]."""
    focal = lens[[0, 1], [0, 1]]
    return bool(
        (np.abs(lens[:2, 2]) <= FARTHEST_CENTRE).all()
        and (focal >= SHORTEST_FOCAL).all()
        and (focal <= LONGEST_FOCAL).all()
    )


def four_by_four(where: str, matrix: Array) -> Array:
    """A matrix [4, 4] or [3, 4] as [4, 4] float64.

    Raises:
        UserError: of another shape, or not finite numbers.
    """
    if matrix.shape not in ((4, 4), (3, 4)) or matrix.dtype.kind not in "fiu":
        raise UserError(f"{where} is {matrix.dtype} of {matrix.shape}; needs numbers, 4 x 4")
    if not np.isfinite(matrix).all():
        raise UserError(f"{where} has a number that is not finite")
    square = np.eye(4)
    square[: len(matrix)] = matrix
    return square


def units_to_pixels(size_px: tuple[int, int]) -> Array:
    """[3, 3] from a picture that spans [-1, 1] to pixels."""
    width, height = size_px
    return np.array([[width / 2, 0, width / 2], [0, height / 2, height / 2], [0, 0, 1]])


def decomposed(where: str, projection: Array) -> tuple[Array, Array]:
    """A [3, 4] projection as (camera_to_world [4, 4], intrinsics [3, 3] with a last entry of 1).

    Raises:
        UserError: begins with `where`: it is singular.
    """
    left = projection[:, :3]
    if not np.isfinite(projection).all() or abs(np.linalg.det(left)) < 1e-12 * max(np.abs(left).max(), 1e-30) ** 3:
        raise UserError(f"{where}: is no projection (its left part is singular)")
    # P and -P project alike; a rotation needs the one with a positive determinant.
    projection = projection * np.sign(np.linalg.det(left))
    # RQ by the QR of the matrix upside down.
    flip = np.eye(3)[::-1]
    q, r = np.linalg.qr((flip @ projection[:, :3]).T)
    lens, rotation = flip @ r.T @ flip, flip @ q.T
    signs = np.diag(np.sign(np.diag(lens)))
    lens, rotation = lens @ signs, signs @ rotation
    pose = np.eye(4)
    pose[:3, :3] = rotation.T
    pose[:3, 3] = -np.linalg.solve(projection[:, :3], projection[:, 3])
    return pose, lens / lens[2, 2]


def placed_camera(
    where: str,
    world_to_camera: Array,
    focal_px: tuple[float, float],
    centre_px: tuple[float, float],
    size_px: tuple[int, int],
) -> Camera:
    """The camera of a lens and of [4, 4] from world to camera.

    Raises:
        UserError: begins with `where`: there is no such camera.
    """
    try:
        return Camera(np.linalg.inv(world_to_camera), focal_px, centre_px, size_px)
    except np.linalg.LinAlgError as error:
        raise UserError(f"{where}: its world_to_camera is not a rotation and a translation") from error
    except ValueError as error:
        raise UserError(f"{where}: {error}") from error
