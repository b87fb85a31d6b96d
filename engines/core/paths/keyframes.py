"""Keyed camera paths: a few cameras with times, and the motion through them, as documents that are edited and kept.

Seconds count from the beginning of the video: before its first key a path that is no loop shows that key's camera,
after its last key that one's. Cameras have OpenCV's axes and stand in the world of the data, as those of path files do.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

from engines.core.camera import Camera

Ease: TypeAlias = Literal["linear", "ease in", "ease out", "ease in-out", "hold"]
"""How a leg runs: evenly; from rest; to rest; from rest to rest; not at all, until the next key is there."""
EASES: tuple[Ease, ...] = ("linear", "ease in", "ease out", "ease in-out", "hold")
MOST_SECONDS = 86_400.0
"""A longer video is a mistake."""
MOST_FRAMES = 200_000
"""Two hours at 25 frames a second."""
FRAME_GRAIN = 1e-6
"""Of a frame: what lies so near to a frame's time is on it, as sums of seconds are rounded."""


@dataclass(frozen=True, eq=False)
class Keyframe:
    """What is seen at one time of a path, and how the path goes on from there.

    Attributes:
        camera: with its lens; in the world.
        time_s: from the beginning of the video, >= 0.
        controls: of the scene, by name; those that a key doesn't name come from the keys around it.
        ease: of the leg that begins here.
    """

    camera: Camera
    time_s: float
    controls: Mapping[str, float] = field(default_factory=dict)
    ease: Ease = "linear"

    def __post_init__(self) -> None:
        object.__setattr__(self, "time_s", float(self.time_s))
        controls = {str(name): float(value) for name, value in self.controls.items()}
        object.__setattr__(self, "controls", MappingProxyType(controls))
        if not 0 <= self.time_s <= MOST_SECONDS:
            raise ValueError(f"time_s is {self.time_s:g}; a key stands at 0 to {MOST_SECONDS:g} seconds")
        if self.ease not in EASES:
            raise ValueError(f"ease is {self.ease!r}; there are {', '.join(EASES)}")
        for name, value in controls.items():
            if not math.isfinite(value):
                raise ValueError(f"control {name} is {value}, which is not finite")


@dataclass(frozen=True, eq=False)
class KeyedPath:
    """A camera path by its keys.

    Attributes:
        keys: in the order of their times, of which no two are equal; sorted here. None at all is a path, too.
        fps: frames a second.
        loop: whether the last key leads back to the first.
        closing_s: seconds of that leg, > 0.
        constant_speed: whether the camera moves as fast all along: keys between the first and the last are then passed
            when their turn comes, eases have no effect, and legs that move nothing keep their seconds.
        end_s: length of the video; None: to the last key, of a loop to the first again. Keys beyond it are kept.
        stepped: controls whose values have nothing between them, such as which instance; they change at keys.
        subject: a point [3] of the world whose size in the picture stays that of the first key (dolly zoom).
    """

    keys: tuple[Keyframe, ...] = ()
    fps: float = 30.0
    loop: bool = False
    closing_s: float = 1.0
    constant_speed: bool = False
    end_s: float | None = None
    stepped: frozenset[str] = frozenset()
    subject: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        keys = tuple(sorted(self.keys, key=lambda key: key.time_s))
        object.__setattr__(self, "keys", keys)
        object.__setattr__(self, "stepped", frozenset(self.stepped))
        for name in ("fps", "closing_s"):
            object.__setattr__(self, name, float(getattr(self, name)))
        for before, after in itertools.pairwise(keys):
            if not before.time_s < after.time_s:
                raise ValueError(f"two keys stand at {after.time_s:g} s")
        if not 0 < self.fps <= 1000:
            raise ValueError(f"fps is {self.fps:g}; must be > 0 and at most 1000")
        if not 0 < self.closing_s <= MOST_SECONDS:
            raise ValueError(f"closing_s is {self.closing_s:g}; must be > 0 and at most {MOST_SECONDS:g}")
        if self.end_s is not None:
            object.__setattr__(self, "end_s", float(self.end_s))
            if not 0 <= self.end_s <= MOST_SECONDS:
                raise ValueError(f"end_s is {self.end_s:g}; must be 0 to {MOST_SECONDS:g}")
        if self.subject is not None:
            x, y, z = (float(value) for value in self.subject)
            object.__setattr__(self, "subject", (x, y, z))
            if not all(math.isfinite(value) for value in (x, y, z)):
                raise ValueError("subject has a coordinate that is not finite")
        if self.frame_count > MOST_FRAMES:
            raise ValueError(f"{self.duration_s:g} s at {self.fps:g} fps are more than {MOST_FRAMES} frames")

    @property
    def period_s(self) -> float:
        """Seconds from the first key to the last, of a loop to the first again."""
        if not self.keys:
            return 0.0
        span = self.keys[-1].time_s - self.keys[0].time_s
        return span + self.closing_s if self.loop and len(self.keys) > 1 else span

    @property
    def duration_s(self) -> float:
        """Seconds of the video."""
        if self.end_s is not None:
            return self.end_s
        if not self.keys:
            return 0.0
        return self.period_s if self.loop and len(self.keys) > 1 else self.keys[-1].time_s

    @property
    def frame_count(self) -> int:
        """How many frames the video has: its last is on its end, but for a loop, whose end is its beginning."""
        if not self.keys:
            return 0
        whole = self.duration_s * self.fps
        if self.loop and len(self.keys) > 1:
            return max(1, math.ceil(whole - FRAME_GRAIN))
        return math.floor(whole + FRAME_GRAIN) + 1
