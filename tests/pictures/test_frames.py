"""Rendered frames look as they are stored."""

from __future__ import annotations

import pytest

from app.demos import demo_scenes
from tests.pictures.conftest import Judge
from tests.pictures.frames import DEMOS, FRAMES


@pytest.mark.slow
@pytest.mark.parametrize("name", FRAMES)
def test_the_frame_looks_as_it_did(name: str, judge: Judge) -> None:
    demo = name.removeprefix("demo_")
    if demo in DEMOS and demo not in {path.stem for path in demo_scenes()}:
        pytest.skip(f"the method of {demo} is not installed")
    judge(name, FRAMES[name]())
    judge.conclude()
