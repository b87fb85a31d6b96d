"""States of the window, reached as a user reaches them, look as they are stored."""

from __future__ import annotations

import pytest

from tests.pictures.conftest import Judge, MakeStage
from tests.pictures.walks import WALKS


@pytest.mark.parametrize("walk", WALKS)
def test_the_window_looks_as_it_did(walk: str, stage: MakeStage, judge: Judge) -> None:
    with stage(WALKS[walk].size_px) as hand:
        for name, reach in WALKS[walk].states.items():
            judge(name, hand.picture(reach(hand)))
    judge.conclude()
