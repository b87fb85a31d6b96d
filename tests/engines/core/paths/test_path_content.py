"""Frame rates of times, and what of a path a format has no room for."""

from __future__ import annotations

import numpy as np
import pytest

from engines.core.paths.path_content import Keeps, PathContent, frame_rate, lost_in
from tests.engines.core.cameras_around import around


@pytest.mark.parametrize("fps", [10, 12.5, 24000 / 1001, 24, 25, 30000 / 1001, 30, 60, 120])
@pytest.mark.parametrize("kind", ["<f4", "<f8"])
def test_a_rate_is_found_again_in_its_times(fps: float, kind: str) -> None:
    assert frame_rate((np.arange(200) / fps).astype(kind).tolist()) == pytest.approx(fps, rel=3e-7)
    # As text of four digits.
    assert frame_rate(np.round(np.arange(500) / 30, 4).tolist()) == 30


@pytest.mark.parametrize("times", [[], [1.0], [0, 1, 2], [0, 0.1, 0.3], [0, 0, 0], [1, 0.9, 0.8], [0, 0.1, np.nan]])
def test_keys_have_no_rate(times: list[float]) -> None:
    assert frame_rate(times) is None


def test_nothing_is_lost_that_is_not_there() -> None:
    assert lost_in(Keeps("focal length", size=True), PathContent(tuple(around()))) == []
    assert lost_in(Keeps("whole"), PathContent(tuple(around()), 25.0)) == [
        "the picture's size (96x72)", "the frame rate (25/s)",
    ]  # fmt: skip
