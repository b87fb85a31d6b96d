"""Keys are checked and put in order; a path says how long it is and how many frames it has."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from engines.core.camera import Camera
from engines.core.paths.keyframes import KeyedPath, Keyframe

CAMERA = Camera(np.eye(4), (50.0, 50.0), (32.0, 24.0), (64, 48))


def keys(*times: float) -> tuple[Keyframe, ...]:
    return tuple(Keyframe(CAMERA, time) for time in times)


def test_keys_stand_in_the_order_of_their_times() -> None:
    assert [key.time_s for key in KeyedPath(keys(2.0, 0.0, 1.0)).keys] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("path", "seconds", "frames"),
    [
        (KeyedPath(), 0.0, 0),
        (KeyedPath(keys(0.0)), 0.0, 1),
        (KeyedPath(keys(0.0, 2.0), fps=24), 2.0, 49),
        # 0.1 three times is 0.30000000000000004.
        (KeyedPath(keys(0.0, 0.1 + 0.1 + 0.1), fps=10), 0.3, 4),
        (KeyedPath(keys(0.0, 0.29), fps=10), 0.29, 3),
        (KeyedPath(keys(1.0, 2.0), fps=10), 2.0, 21),
        # Its last frame is just before its first.
        (KeyedPath(keys(0.0, 2.0), fps=10, loop=True, closing_s=1.0), 3.0, 30),
        (KeyedPath(keys(0.0), fps=10, loop=True), 0.0, 1),
        (KeyedPath(keys(0.0, 2.0), fps=10, end_s=1.0), 1.0, 11),
    ],
)
def test_length(path: KeyedPath, seconds: float, frames: int) -> None:
    assert path.duration_s == pytest.approx(seconds, abs=1e-12)
    assert path.frame_count == frames


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"keys": keys(1.0, 1.0)}, "two keys stand at 1 s"),
        ({"fps": 0}, "fps is 0"),
        ({"closing_s": 0}, "closing_s is 0"),
        ({"end_s": -1}, "end_s is -1"),
        ({"keys": keys(0.0, 80000.0)}, "more than 200000 frames"),
        ({"subject": (0.0, float("nan"), 0.0)}, "not finite"),
    ],
)
def test_what_is_no_path(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        KeyedPath(**wrong)


def test_what_is_no_key() -> None:
    with pytest.raises(ValueError, match="time_s is -1"):
        Keyframe(CAMERA, -1.0)
    with pytest.raises(ValueError, match="control blend is inf"):
        Keyframe(CAMERA, 0.0, {"blend": float("inf")})
    with pytest.raises(ValueError, match="ease is 'bounce'"):
        Keyframe(CAMERA, 0.0, ease=cast(Any, "bounce"))
