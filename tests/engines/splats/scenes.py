"""Small splats to be drawn, and who draws them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engines.core.camera import Array, Camera, look_at
from engines.core.engine import never_stop
from engines.splats.drawing import Drawing
from engines.splats.splats import Splats

CONSTANT = 0.28209479177387814
NEAR = 0.2


def splats_of(
    positions: Sequence[Sequence[float]],
    scales: Sequence[Sequence[float]],
    opacities: Sequence[float],
    colours: Sequence[Sequence[float]],
    quaternions: Sequence[Sequence[float]] | None = None,
    antialiased: bool = False,
) -> Splats:
    """Splats by what they look like: standard deviations, opacities in [0, 1] and colours, the same from everywhere."""
    count = len(positions)
    with np.errstate(divide="ignore"):
        logits = np.log(np.array(opacities) / (1 - np.array(opacities)))
        log_scales = np.log(np.array(scales).reshape(count, 3))
    turns = np.array(quaternions) if quaternions is not None else np.tile([1.0, 0, 0, 0], (count, 1))
    harmonics = ((np.array(colours).reshape(count, 3) - 0.5) / CONSTANT)[:, None]
    return made((np.array(positions).reshape(count, 3), log_scales, turns, logits, harmonics), antialiased)


def made(arrays: Sequence[Array], antialiased: bool = False) -> Splats:
    """Splats of numbers of any type, in the order in which `Splats` has them."""
    positions, scales, turns, logits, harmonics = (np.ascontiguousarray(each, dtype=np.float32) for each in arrays)
    return Splats(positions, scales, turns, logits, harmonics, antialiased)


def random_splats(
    count: int, degree: int, seed: int = 0, *, sides: int = 3, antialiased: bool = False, spread: float = 1.0
) -> Splats:
    """A cloud about the origin: needles and discs, faint and solid, of quaternions of any length."""
    chance = np.random.default_rng(seed)
    arrays = (
        chance.normal(0, spread, (count, 3)),
        chance.normal(-3, 1, (count, sides)),
        chance.normal(0, 3, (count, 4)),
        chance.normal(0, 3, count),
        chance.normal(0, 0.5, (count, (degree + 1) ** 2, 3)),
    )
    return made(arrays, antialiased)


def camera_from(
    eye: Sequence[float], size_px: tuple[int, int] = (80, 56), focal_px: tuple[float, float] = (70, 64)
) -> Camera:
    """One that looks at the origin, y down, with its centre not quite in the middle."""
    pose = look_at(np.array(eye, dtype=np.float64), np.zeros(3), np.array([0.0, -1.0, 0.0]))
    return Camera(pose, focal_px, (size_px[0] * 0.46, size_px[1] * 0.55), size_px)


def straight(side_px: int = 17, focal_px: float = 100) -> Camera:
    """One at the origin that looks along z, whose axis goes through the middle of a pixel."""
    return Camera(np.eye(4), (focal_px, focal_px), (side_px / 2, side_px / 2), (side_px, side_px))


def drawn(splats: Splats, camera: Camera, near: float = NEAR, threads: int = 1) -> Array:
    """[H, W, 9] as `compositing` says."""
    return Drawing(splats, near, lambda: threads).draw(camera, never_stop)


def read_plainly(path: Path) -> Splats:
    """A `.ply` of Inria's, by its names alone."""
    header, _, body = path.read_bytes().partition(b"end_header\n")
    names = [line.split()[2].decode() for line in header.split(b"\n") if line.startswith(b"property")]
    table = np.frombuffer(body, dtype="<f4").reshape(-1, len(names))

    def columns(*wanted: str) -> Array:
        return np.ascontiguousarray(table[:, [names.index(name) for name in wanted]])

    rest = columns(*(f"f_rest_{number}" for number in range(sum(name.startswith("f_rest") for name in names))))
    constant = columns("f_dc_0", "f_dc_1", "f_dc_2")[:, None]
    harmonics = np.concatenate([constant, rest.reshape(len(table), 3, -1).transpose(0, 2, 1)], axis=1)
    turns, scales = (columns(*(f"{kind}_{at}" for at in range(many))) for kind, many in (("rot", 4), ("scale", 3)))
    return Splats(
        columns("x", "y", "z"), scales, turns, columns("opacity")[:, 0].copy(), np.ascontiguousarray(harmonics)
    )
