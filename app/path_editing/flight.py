"""A flight that is recorded as it is flown, and made into keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.path_editing.thinning import Bound, Moment, thinned
from engines.core.camera import Camera
from engines.core.paths.keyframes import KeyedPath

FASTEST_FPS = 60.0
"""More often nothing is taken: hands are no faster."""

LONGEST_GAP_S = 0.25
"""A camera that is moved tells of itself more often."""


class Flight:
    """What was seen since it began; standing still at its end is no part of it."""

    def __init__(self, now_s: float) -> None:
        self._began_s = now_s
        self._moments = list[Moment]()

    @property
    def seconds(self) -> float:
        """How long it is so far."""
        return self._moments[-1].time_s if self._moments else 0.0

    def take(self, camera: Camera, controls: Mapping[str, float], now_s: float) -> None:
        """Takes down what is seen now; a moment after the last replaces it."""
        moment = Moment(now_s - self._began_s, camera, dict(controls))
        if self._moments and moment.time_s - self._moments[-1].time_s < 1 / FASTEST_FPS:
            first = len(self._moments) == 1
            self._moments[-1] = replace(moment, time_s=self._moments[-1].time_s if first else moment.time_s)
            return
        if self._moments and _same(self._moments[-1], moment):
            return
        if self._moments and moment.time_s - self._moments[-1].time_s > LONGEST_GAP_S:
            # It stood still until just now; without this it would be seen to creep.
            self._moments.append(replace(self._moments[-1], time_s=moment.time_s - 1 / FASTEST_FPS))
        self._moments.append(moment)

    def keys(self, bound: Bound, like: KeyedPath) -> KeyedPath:
        """The path of it, with the frame rate and stepped controls of `like`, each key on a frame."""
        moments = [self._on_frame(moment, like.fps) for moment in self._moments]
        # Of several on one frame the last counts.
        alone = {moment.time_s: moment for moment in moments}
        keys = thinned([alone[time] for time in sorted(alone)], bound, like.stepped)
        return KeyedPath(keys, like.fps, stepped=like.stepped)

    def _on_frame(self, moment: Moment, fps: float) -> Moment:
        began = self._moments[0].time_s
        return replace(moment, time_s=round((moment.time_s - began) * fps) / fps)


def _same(a: Moment, b: Moment) -> bool:
    still = (a.camera.camera_to_world == b.camera.camera_to_world).all() and a.camera.focal_px == b.camera.focal_px
    return bool(still) and a.controls == b.controls
