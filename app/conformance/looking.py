"""The checks of where a scene's pictures lie: none is flipped or shifted, and depth goes along the camera's +z.

Nobody knows what a scene ought to show; but what two cameras at one place show of it must agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from app.conformance.trial import Check, Failure, Trial, channels, small_camera
from engines.core.abilities import ReadsUpstream
from engines.core.camera import Array, Camera, pixel_rays, project
from engines.core.engine import Scene, never_stop, whole_controls
from engines.core.errors import UserError
from engines.core.frame import Frame

SHIFT_PX = (3, 5)
"""How far the picture is moved to the right and down: differently, so that a swapped axis shows too."""
WIDER = 0.6
"""What a lens is made shorter by: the farther from the middle, the more depth along +z and along the ray differ."""
TURN = 0.4
"""How far the second camera is turned, of the picture's half width."""
BETTER = 0.5
"""A wrong reading that fits so much better than the right one is what the scene does: a network that isn't learnt yet
fits none of them well, and is not blamed."""
FLAT = 1e-2
"""Depths that differ less among each other, of their size, are those of a network that knows no depth yet."""
EVEN = 1e-4
"""Pictures that vary less, of their values, show nothing of where they lie."""


FINER = 3
"""The middle one of so many pixels a side has the same middle as the pixel that they are parts of."""
COARSE = 0.5
"""Of the size of the other pictures: what is drawn finer has nine times as many pixels."""
CELLS = 8
"""Parts of a box along each side, of which a camera has to see a corner."""


def lies_as_the_camera_says(trial: Trial) -> str:
    """Moves the middle of the picture: each channel moves along with it, to the same side."""
    scene, camera = trial.drawn, small_camera(trial.drawn)
    right, down = SHIFT_PX
    x, y = camera.centre_px
    if min(camera.size_px) <= 2 * max(SHIFT_PX):
        return "its pictures are too small to tell"
    moved = replace(camera, centre_px=(x + right, y + down))
    try:
        before, after = (channels(scene, _drawn(scene, each)) for each in (camera, moved))
    except UserError:
        return "it draws no picture whose middle lies elsewhere"
    untold = []
    for name, picture in before.items():
        apart = {
            (across, along): _apart(*_overlap(picture, after[name], across, along))
            for across in (right, -right)
            for along in (down, -down)
        }
        best = min(apart, key=lambda shift: apart[shift])
        if not max(apart.values()) > EVEN * _size(picture):
            untold.append(name)
        elif best != SHIFT_PX and apart[best] < BETTER * apart[SHIFT_PX]:
            ways = {"left to right": best[0] < 0, "top to bottom": best[1] < 0}
            sides = " and ".join(way for way, flipped in ways.items() if flipped)
            raise Failure(f"its {name} is flipped {sides}: where the middle of the picture (centre_px) lies {right} "
                          f"pixels more to the right and {down} lower, it moves by {best}")  # fmt: skip
    return f"{', '.join(untold)} is too even to tell" if untold else ""


def samples_middles(trial: Trial) -> str:
    """Draws the same picture three times as fine: the middle one of nine pixels shows what the coarse one does."""
    scene = trial.drawn
    coarse = small_camera(scene).scaled(COARSE)
    width, height = coarse.size_px
    try:
        frames = [_drawn(scene, each) for each in (coarse, coarse.resized((width * FINER, height * FINER)))]
    except UserError:
        return "it draws one size only"
    before, after = ({"rgb": frame.image, "depth": frame.depth} for frame in frames)
    for name, picture in before.items():
        fine = after[name]
        if picture is None or fine is None:
            continue
        apart = {(x, y): _apart(picture, fine[y::FINER, x::FINER]) for x in range(FINER) for y in range(FINER)}
        best, middle = min(apart, key=lambda place: apart[place]), (FINER // 2, FINER // 2)
        if max(apart.values()) > EVEN * _size(picture) and best != middle and apart[best] < BETTER * apart[middle]:
            if isinstance(trial.engine, ReadsUpstream):
                return "not in their middles, as weights of its authors may want it"
            raise Failure(f"its {name} is shifted where it is drawn in another size: the pixel in column u and row v "
                          f"is sampled at (u + 0.5, v + 0.5) of it (drawn {FINER} times as fine, it agrees with pixel "
                          f"{best} of the {FINER} x {FINER} that are parts of one, not with {middle})")  # fmt: skip
    return ""


def bounds_are_looked_at(trial: Trial) -> str:
    """Looks whether the cameras see the scene's box."""
    scene = trial.drawn
    require_seen(scene.bounds, (scene.start,), "its bounds", "its start camera")
    if scene.cameras:
        require_seen(scene.bounds, scene.cameras, "its bounds", "most of its cameras")
    return ""


def require_seen(bounds: Array, cameras: Sequence[Camera], what: str, whose: str) -> None:
    """Whether a box [2, 3] in the world has a size, and half of the cameras see something of it.

    Raises:
        Failure: says which side has none, or where it is.
    """
    low, high = bounds
    if not (high > low).all():
        raise Failure(f"{what} have no size along {'xyz'[int(np.argmin(high - low))]}: {_corners(bounds)}")
    corners = np.stack(np.meshgrid(*np.linspace(low, high, CELLS + 1).T), axis=-1).reshape(-1, 3)
    if 2 * sum(_sees(camera, corners) for camera in cameras) < len(cameras):
        raise Failure(f"{what} lie where {whose} see{'s' * (len(cameras) == 1)} nothing of them: "
                      f"{_corners(bounds)}, in world units")  # fmt: skip


def _sees(camera: Camera, points: Array) -> bool:
    pixels, depths = project(camera, points)
    return bool(((depths > 0) & (pixels >= 0).all(axis=1) & (pixels <= camera.size_px).all(axis=1)).any())


def _corners(bounds: Array) -> str:
    return " to ".join(f"({', '.join(f'{value:.3g}' for value in corner)})" for corner in bounds)


def depth_goes_along_z(trial: Trial) -> str:
    """Turns the camera where it stands: what both see lies as far along +z as its place in the world says."""
    scene = trial.drawn
    if "depth" not in scene.channels:
        return "it has none"
    first = small_camera(scene).zoomed(WIDER)
    second = first.at(first.camera_to_world @ _turned(TURN * first.size_px[0] / first.focal_px[0]))
    try:
        seen, turned = (_drawn(scene, camera).depth for camera in (first, second))
    except UserError:
        return "it draws no wider picture"
    if seen is None or turned is None:
        return "it has none"
    along_z, along_ray, relief = _disagreements(first, seen.cpu().numpy(), second, turned.cpu())
    if not along_z:
        return "nothing is hit that two cameras see"
    if relief < FLAT:
        return "it is too even to tell"
    if along_ray < BETTER * along_z:
        raise Failure(f"its depth is the distance along each ray; it must be that along the camera's +z: times "
                      f"rays @ camera.forward (two cameras at one place disagree by {along_z:.1%}, else by "
                      f"{along_ray:.1%})")  # fmt: skip
    return ""


def _drawn(scene: Scene, camera: Camera) -> Frame:
    return scene.render(camera, whole_controls(scene, {}), never_stop)


def _size(picture: Tensor) -> float:
    finite = picture[picture.isfinite()]
    return finite.abs().max().item() if len(finite) else 0.0


def _overlap(first: Tensor, second: Tensor, right: int, down: int) -> tuple[Tensor, Tensor]:
    """What both [H, W, ...] show, were the second moved by so many pixels."""
    height, width = first.shape[:2]

    def part(picture: Tensor, right: int, down: int) -> Tensor:
        return picture[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)]

    return part(first, -right, -down), part(second, right, down)


def _apart(first: Tensor, second: Tensor) -> float:
    """The mean difference of values; what is hit in one only is as far as anything can be."""
    both = first.isfinite() & second.isfinite()
    apart = torch.where(both, (first - second).abs(), 0.0)
    missed = (first.isfinite() != second.isfinite()).float() * max(_size(first), _size(second))
    return (apart + missed).mean().item()


def _turned(angle: float) -> Array:
    """[4, 4] a turn to the right, about the camera's own y; radians."""
    turn = np.eye(4)
    turn[0, 0] = turn[2, 2] = np.cos(angle)
    turn[0, 2], turn[2, 0] = np.sin(angle), -np.sin(angle)
    return turn


def _disagreements(first: Camera, seen: Array, second: Camera, turned: Tensor) -> tuple[float, float, float]:
    """How far [H, W] depths of two cameras at one place disagree, of their size, in the median over what both see.

    Returns:
        were they along +z; were they along the rays; and the standard deviation of what the first sees. All 0 where
        they see nothing in common.
    """
    origin, rays = pixel_rays(first)
    cosines = rays @ first.forward
    hit = np.isfinite(seen)
    pixels, depths = project(second, origin + rays[hit])
    width, height = second.size_px
    # Bilinear, of four pixels that are all hit: +inf or what is beside the picture leaves no number.
    places = torch.tensor(pixels / (width, height) * 2 - 1, dtype=torch.float32)[None, None]
    there = F.grid_sample(turned[None, None].float(), places, align_corners=False)[0, 0, 0].numpy()
    inside = ((pixels > 0.5) & (pixels < np.array([width, height]) - 0.5)).all(axis=1)
    known = inside & (depths > 0) & np.isfinite(there) & (there > 0)
    if not known.any():
        return 0.0, 0.0, 0.0
    here, there = seen[hit][known], there[known]
    # A point at distance 1 along its ray lies at `cosines` in the first camera, and at `depths` in the second.
    expected = here / cosines[hit][known] * depths[known]
    along_z, along_ray = (float(np.median(np.abs(there / each - 1))) for each in (expected, here))
    return along_z, along_ray, float(here.std() / here.mean())


LOOKING = (
    Check("render", "shows what lies where the camera looks, not flipped", lies_as_the_camera_says, "scene"),
    Check("render", "samples pixels in their middles, or as its authors do", samples_middles, "scene"),
    Check("render", "gives depth along the camera's +z", depth_goes_along_z, "scene"),
    Check("bounds", "are where its cameras look", bounds_are_looked_at, "scene"),
)
