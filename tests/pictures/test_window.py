"""States of the window, reached as a user reaches them, look as they are stored."""

from __future__ import annotations

import pytest

from app.demos import DEMO_FOLDER, FIRST, demo_scenes
from engines import registry
from tests.pictures.conftest import Judge, MakeStage
from tests.pictures.stage import SIZE
from tests.pictures.walks import DEMO, WALKS

FOUND = registry._found


@pytest.mark.parametrize("walk", WALKS)
def test_the_window_looks_as_it_did(walk: str, stage: MakeStage, judge: Judge) -> None:
    with stage(WALKS[walk].size_px) as hand:
        for name, reach in WALKS[walk].states.items():
            judge(name, hand.picture(reach(hand)))
    judge.conclude()


def test_the_demo_looks_as_it_did(stage: MakeStage, judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_found", FOUND)
    monkeypatch.setattr("app.demos.DEMO_FOLDER", DEMO_FOLDER)
    path = DEMO_FOLDER / f"{FIRST}.safetensors"
    if demo_scenes()[:1] != (path,):
        pytest.skip("the method of the first demo scene is not installed")
    with stage(SIZE) as hand:
        hand.shelf.as_they_are.add(path)
        hand.press("Ctrl+Shift+D", hand.window)
        hand.wait(lambda: hand.window.session.opened is not None)
        judge(DEMO, hand.picture(None))
    judge.conclude()
