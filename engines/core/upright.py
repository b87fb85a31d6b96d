"""The up axis of a capture: where EXIF says that photographs have their upper edge, and how the cameras are held.

People hold cameras level, or turned by a quarter: the one direction about which most pictures are so is up. Where the
cameras went around something, the level edges of their pictures span the ground, and up is at right angles to it,
however far they look down; where all face one way it is the mean of the upper edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.data.images import exif_orientation
from engines.core.data.views import View
from engines.core.errors import UserError

MOST_LOOKED_AT = 200
"""Of more views so many, evenly spread, say which way is up."""
MOST_TRIED = 40
"""Of their upper edges, as directions that may be up."""
HELD_DEG = 25.0
"""Nobody holds a camera straighter than that when walking about."""
AGAINST = 0.25
"""Of the direction up in the plane of a picture: with less the camera looks along it, and its edges say nothing."""
UPRIGHT, ON_ITS_SIDE, UPSIDE_DOWN, LOOKS_DOWN = 1.0, 0.6, -1.0, 0.2
"""What a camera has to say for a direction: most are held level, many on their side, hardly any upside down."""
LEAST_SPREAD = 0.03
"""Of the level edges across their main direction (variance): cameras that turned by some ten degrees at least."""
MARGIN = 4.0
"""By which the edges spread more over the ground than out of it."""
SNAP_DEG, SNAP_LEVEL_DEG = 30.0, 7.5
"""Nearer to a world axis than this it is taken to be up: upper edges lean as far as cameras look down; the ground of
level edges is better known."""
FEWEST_DOWN = 5
"""Cameras that look straight down, to tell these from two that were held otherwise."""
AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
UPPER_EDGES = {2: (0, -1), 3: (0, 1), 4: (0, 1), 5: (-1, 0), 6: (-1, 0), 7: (1, 0), 8: (1, 0)}
"""By EXIF's orientation: where the upper edge is in the stored picture, (to its right, downwards)."""

AS_STATED = "as the layout has it"
CHOSEN = "as chosen"


@dataclass(frozen=True, eq=False)
class Up:
    """A direction, and what says so.

    Attributes:
        direction: [3] unit vector, world.
        found: in plain words, how.
        note: where somebody should know: photographs that were turned, cameras on their side. Else empty.
    """

    direction: Array
    found: str
    note: str = ""


@dataclass(frozen=True, eq=False)
class _Held:
    """How cameras are held, each array [V, 3] of unit vectors, world: where they look, and their upper edges."""

    forward: Array
    upper: Array

    @property
    def right(self) -> Array:
        """[V, 3] where the right edges are, of pictures seen upright."""
        return np.asarray(np.cross(self.forward, self.upper))


def parse_up(text: str) -> Array:
    """[3] unit vector of `z`, `-y`, `+x` or of three numbers `0.1,-1,0.2`.

    Raises:
        UserError: neither.
    """
    sign, name = (-1.0 if text.strip().startswith("-") else 1.0), text.strip().lstrip("+-").lower()
    if name in AXES:
        return sign * np.array(AXES[name])
    try:
        direction = np.array([float(word) for word in text.replace(",", " ").split()])
    except ValueError:
        direction = np.empty(0)
    length = float(np.linalg.norm(direction)) if direction.shape == (3,) else 0.0
    if not np.isfinite(length) or length < 1e-12:
        raise UserError(f"up {text[:60]}: must be x, y, z, -x, -y, -z, or three numbers such as 0.1,-1,0.2")
    return direction / length


def upper_edge(view: View) -> Array:
    """[3] unit vector, world: from the middle of the photograph to its upper edge, as EXIF has it.

    The picture's own upper edge where there is no EXIF, of pictures in videos and archives, and of a photograph that is
    turned when it is read.
    """
    orientation = 1
    if view.image_path is not None and not view.image_at and view.turned == 1:
        orientation = exif_orientation(view.image_path)
    across, downwards = UPPER_EDGES.get(orientation, (0, -1))
    return np.asarray(across * view.camera.right + downwards * view.camera.down)


def find_up(views: Sequence[View]) -> Up:
    """Which way is up for one scene at one time step; reads the headers of its photographs."""
    count = len(views)
    chosen = range(count) if count <= MOST_LOOKED_AT else (at * count // MOST_LOOKED_AT for at in range(MOST_LOOKED_AT))
    some = [views[at] for at in chosen]
    cameras = tuple(view.camera for view in some)
    stored = _held(cameras)
    turned = _Held(stored.forward, np.stack([upper_edge(view) for view in some]))
    by_exif = int((np.abs(turned.upper - stored.upper).max(axis=1) > 1e-6).sum())
    best, score = _best(turned)
    if by_exif:
        other, other_score = _best(stored)
        # Some programs turn the pixels and leave the tag: then the pictures are level without it, and aside with it.
        if other_score > score + 1e-6:
            return _described(other, stored, "", "the EXIF orientation of the photographs does not fit their cameras "
                              "and is passed over: up is as their pixels lie")  # fmt: skip
        where = f"where EXIF has the upper edges of {by_exif} of {len(some)} photographs"
        return _described(best, turned, where, f"up is {where}; pixels and poses stay as they are")
    return _described(best, turned)


def up_direction(cameras: Sequence[Camera]) -> Array:
    """[3] unit vector, world: up as pictures without EXIF say; on a world axis where one is near."""
    held = _held(cameras)
    return _described(_best(held)[0], held).direction


def _held(cameras: Sequence[Camera]) -> _Held:
    return _Held(np.stack([camera.forward for camera in cameras]), -np.stack([camera.down for camera in cameras]))


def _best(held: _Held) -> tuple[Array, float]:
    """The direction that cameras speak for most, and how much they do."""
    tried = _candidates(held)
    scores = [_score(direction, held) for direction in tried]
    first = int(np.argmax(scores))
    best = tried[first]
    for _ in range(3):
        best = _refined(best, held)[0]
    return best, max(scores[first], _score(best, held))


def _candidates(held: _Held) -> list[Array]:
    """Directions that may be up, the likeliest first."""
    step = -(-len(held.upper) // MOST_TRIED)
    means = [held.upper.mean(axis=0)]
    if len(held.upper) >= FEWEST_DOWN:
        means.append(-held.forward.mean(axis=0))
    found = [mean / np.linalg.norm(mean) for mean in means if np.linalg.norm(mean) > 0.1]
    found.append(np.array(AXES["z"]))
    _, level = np.linalg.eigh(held.right.T @ held.right)
    # Of landscape pictures all around the first is up; of portrait ones that lie on their side the last.
    found += [sign * level[:, at] for at in (0, 2) for sign in (-1.0, 1.0)]
    return [*found, *held.upper[::step]]


def _score(direction: Array, held: _Held) -> float:
    """The mean of what each camera has to say for it."""
    across, upwards = held.right @ direction, held.upper @ direction
    rolls_deg = np.degrees(np.arctan2(across, upwards))
    along = np.hypot(across, upwards) < AGAINST

    def said(held_deg: float, worth: float) -> float:
        off_deg = np.abs((rolls_deg - held_deg + 180) % 360 - 180)
        # A little less for each degree, so that the straightest of several directions wins.
        each = np.where(off_deg < HELD_DEG, worth * (1 - 0.3 * np.sign(worth) * (off_deg / HELD_DEG) ** 2), 0.0)
        return float(each[~along].sum())

    # A hand that turns the camera turns it one way; as many the other way are pictures that nobody held so.
    aside = abs(said(90, ON_ITS_SIDE) - said(-90, ON_ITS_SIDE))
    down = LOOKS_DOWN * int((along & (held.forward @ direction < 0)).sum())
    return (said(0, UPRIGHT) + aside + said(180, UPSIDE_DOWN) + down) / len(rolls_deg)


def _edges(direction: Array, held: _Held) -> tuple[Array, Array]:
    """The edge of each picture that is nearest to `direction`: [V, 3], and its number: upper, right, lower, left."""
    edges = np.stack([held.upper, held.right, -held.upper, -held.right])
    nearest = (edges @ direction).argmax(axis=0)
    return edges[nearest, np.arange(len(nearest))], nearest


def _refined(direction: Array, held: _Held) -> tuple[Array, bool]:
    """The direction as the cameras that speak for it have it, and whether their level edges span the ground."""
    upper, _ = _edges(direction, held)
    upwards = upper @ direction
    across = np.cross(held.forward, upper) @ direction
    speaks = (np.hypot(across, upwards) >= AGAINST) & (np.abs(across) <= np.tan(np.radians(HELD_DEG)) * upwards)
    if not speaks.any():
        return direction, False
    level = np.cross(held.forward, upper)[speaks]
    spread, axes = np.linalg.eigh(level.T @ level / len(level))
    if spread[1] > LEAST_SPREAD and spread[1] > MARGIN * spread[0]:
        return np.asarray(axes[:, 0] * np.sign(axes[:, 0] @ direction)), True
    mean = upper[speaks].mean(axis=0)
    length = np.linalg.norm(mean)
    return (mean / length if length > 1e-6 else direction), False


def _described(direction: Array, held: _Held, where: str = "", note: str = "") -> Up:
    """On a world axis where one is near, with how it was found."""
    _, level = _refined(direction, held)
    snapped = _snapped(direction, SNAP_LEVEL_DEG if level else SNAP_DEG)
    _, edge = _edges(snapped, held)
    along = np.abs(held.forward @ snapped) > np.sqrt(1 - AGAINST**2)
    aside, count = int(((edge % 2 == 1) & ~along).sum()), len(edge)
    found = where or ("the level edges of the pictures" if level else "the upper edges of the pictures")
    if along.sum() > count / 2:
        found, note = "the cameras look straight down", "up is taken to be where the cameras look away from"
    elif aside and not note:
        note = f"{aside} of {count} cameras are held on their side; up is where the others have it"
        if aside == count:
            note = "all cameras are held on their side, as the ground that they went around shows; --up chooses"
    return Up(snapped, found, note)


def _snapped(direction: Array, within_deg: float) -> Array:
    axis = int(np.argmax(np.abs(direction)))
    if abs(direction[axis]) <= np.cos(np.radians(within_deg)):
        return direction
    snapped = np.zeros(3)
    snapped[axis] = np.sign(direction[axis])
    return snapped
