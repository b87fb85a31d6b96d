"""The check of scenes that are made of Gaussians: what they say of these, drawn plainly, is the picture they draw."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from app.conformance.trial import Failure, draw, require_kind, small_camera
from engines.core.camera import Array, Camera
from engines.core.frame import ALPHA
from engines.core.scene_abilities import GaussianValues, LeavesOut, Splatting

APART = 2 / 255
"""How far a pixel may be off: a graphics card's live pictures are to be as near."""


def tries_gaussians(scene: Any) -> None:
    """Asks for the Gaussians and their order, and draws them."""
    splatting = scene.splatting
    require_kind(splatting, Splatting, "splatting")
    values, camera = scene.gaussians(0, splatting.count), small_camera(scene)
    _require_values(values, splatting)
    for exactly in (True, False):
        numbers = scene.near_to_far(camera, exactly)
        if not isinstance(numbers, np.ndarray) or numbers.dtype != np.uint32 or numbers.ndim != 1:
            raise Failure(f"near_to_far() gives {np.shape(numbers)} of {getattr(numbers, 'dtype', type(numbers))}; "
                          "it must be [M] of uint32")  # fmt: skip
        if len(set(numbers.tolist())) != len(numbers) or (numbers >= splatting.count).any():
            raise Failure(f"near_to_far() gives numbers twice, or some that none of its {splatting.count} has")
    frame, found = draw(scene), plain_picture(values, splatting, scene.near_to_far(camera, True), camera)
    for name, expected, of in (("image", frame.image, found[..., :3]), (ALPHA, frame.extra.get(ALPHA), found[..., 3])):
        if expected is None:
            raise Failure("it draws no alpha; what is made of Gaussians has one")
        off = float(np.abs(expected.detach().double().cpu().numpy() - of).max(initial=0.0))
        if not off <= APART:
            raise Failure(
                f"its Gaussians, drawn as it says in their order, have another {name} than render() by {off:.3g}"
            )
    if isinstance(scene, LeavesOut):
        none = np.zeros(splatting.count, bool)
        less: Any = scene.without(~none, none)
        if len(less.near_to_far(camera, True)):
            raise Failure("near_to_far() gives numbers of Gaussians that are left out")


def _require_values(values: Any, splatting: Splatting) -> None:
    require_kind(values, GaussianValues, "gaussians()")
    count = splatting.count
    shapes = {"positions": (count, 3), "axes": (count, 3, 3), "opacities": (count,)}
    for name, shape in {**shapes, "harmonics": (count, (splatting.degree + 1) ** 2, 3)}.items():
        array = getattr(values, name)
        if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype != np.float32:
            raise Failure(f"gaussians() gives {name} {list(np.shape(array))}; they must be {list(shape)} of float32")
        if not np.isfinite(array).all():
            raise Failure(f"gaussians() gives {name} that are not finite")


def plain_picture(values: GaussianValues, splatting: Splatting, order: Array, camera: Camera) -> Array:
    """[H, W, 4] float64 colours over black and opacity: each over all pixels, in the order of numbers [M]."""
    (width, height), picture = camera.size_px, np.zeros((camera.size_px[1], camera.size_px[0], 4))
    columns, rows = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    clear = np.ones((height, width))
    for number in order.tolist():
        axes, opacity = values.axes[number].astype(np.float64), float(values.opacities[number])
        away = values.positions[number].astype(np.float64) - camera.position
        right, down, depth = away @ camera.camera_to_world[:3, :3]
        if depth <= splatting.near:
            continue
        rows_of = _derivative(camera, right / depth, down / depth, depth, splatting.margin) @ axes.T
        covariance = rows_of @ rows_of.T
        dilated = covariance + splatting.dilation * np.eye(2)
        if splatting.antialiased:
            share = np.linalg.det(covariance) / np.linalg.det(dilated)
            opacity *= math.sqrt(max(splatting.least_share, share))
        inverse = np.linalg.inv(dilated)
        dx = columns - (camera.focal_px[0] * right / depth + camera.centre_px[0])
        dy = rows - (camera.focal_px[1] * down / depth + camera.centre_px[1])
        q = inverse[0, 0] * dx * dx + 2 * inverse[0, 1] * dx * dy + inverse[1, 1] * dy * dy
        alpha = np.minimum(splatting.most_alpha, opacity * np.exp(-q / 2))
        weight = clear * np.where(opacity * np.exp(-q / 2) >= splatting.least_alpha, alpha, 0)
        terms = harmonics_of(away / np.linalg.norm(away), splatting.degree)
        colour = np.maximum(0, 0.5 + terms @ values.harmonics[number])
        picture += weight[..., None] * np.array([*colour, 1.0])
        clear -= weight
    return picture


def _derivative(camera: Camera, across: float, along: float, depth: float, margin: float) -> Array:
    """[2, 3] of the perspective, in the world's axes, at a centre with these x / z and y / z."""
    jacobian, places = np.zeros((2, 3)), (across, along)
    for axis in range(2):
        focal, centre, size = camera.focal_px[axis], camera.centre_px[axis], camera.size_px[axis]
        bent = np.clip(places[axis], (-centre - margin * size) / focal, (size - centre + margin * size) / focal)
        jacobian[axis, axis], jacobian[axis, 2] = focal / depth, -focal / depth * bent
    return np.asarray(jacobian @ camera.camera_to_world[:3, :3].T)


def harmonics_of(direction: Array, degree: int) -> Array:
    """[(degree + 1)^2] real spherical harmonics of a direction [3], by Legendre's functions."""
    x, y, z = (float(part) for part in direction)
    around, sine, found = math.atan2(y, x), math.hypot(x, y), []
    for each in range(degree + 1):
        for order in range(-each, each + 1):
            size = abs(order)
            scale = (2 * each + 1) / (4 * math.pi) * math.factorial(each - size) / math.factorial(each + size)
            turned = math.sin(size * around) if order < 0 else math.cos(size * around)
            value = _legendre(each, size, z, sine) * turned
            found.append(math.sqrt(scale * (2 if order else 1)) * value)
    return np.array(found)


def _legendre(degree: int, order: int, cosine: float, sine: float) -> float:
    """Associated Legendre's function, with the Condon-Shortley sign."""
    if degree == order:
        return float((-sine) ** order * math.prod(range(1, 2 * order, 2)))
    if degree == order + 1:
        return (2 * order + 1) * cosine * _legendre(order, order, cosine, sine)
    first, second = (_legendre(degree - back, order, cosine, sine) for back in (1, 2))
    return ((2 * degree - 1) * cosine * first - (degree + order - 1) * second) / (degree - order)
