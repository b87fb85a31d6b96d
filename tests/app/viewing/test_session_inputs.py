"""The session with scenes that are made of photographs: another one is taken, and all else stays."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import app.viewing.scene_loader
from app.viewing.opening import ALONE, CompanionPaths, Opened
from app.viewing.session import Session
from engines.core.config import Options
from engines.core.engine import BLEND, BLEND_WITH, INSTANCE, Control
from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.run_folder import LIVE_NAME
from tests.app.ball_scene import BallScene
from tests.app.viewing.ear import WAIT_S, Ear
from tests.app.viewing.test_session import settle

CONTROLS = (
    Control(INSTANCE, "Instance", "choice", 0, 2, 0, ("a", "b", "c")),
    Control(BLEND_WITH, "Blend with", "choice", 0, 2, 1, ("a", "b", "c")),
    Control(BLEND, "Blend", "number", 0, 1, 0),
    Control("glow", "Glow", "number", 0, 1, 0),
)
FIRST, SECOND = Path("first.png"), Path("second.png")


class Drawn(Options):
    depth: bool = False


class Opener:
    """`open_scene` of balls with objects; waits while `gate` is closed."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.asked: list[tuple[Any, ...]] = []

    def open(self, path: Path, data: Path | None, device: str, settings: Any, *rest: Any) -> Opened:
        self.asked.append((path, data, tuple(settings), rest[-1]))
        self.gate.wait(WAIT_S)
        if path.name == "broken.pth":
            raise UserError("broken")
        return Opened(
            BallScene((32, 32), controls=CONTROLS), Checkpoint("ball", {}, 0, {}), None, path, Drawn(), rest[-1]
        )


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def opener(monkeypatch: pytest.MonkeyPatch) -> Opener:
    opener = Opener()
    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", opener.open)
    return opener


@pytest.fixture
def session(ear: Ear, opener: Opener) -> Iterator[Session]:
    """With a scene of the first photograph."""
    session = ear.session()
    session.loader.open(Path("class.pth"), None, CompanionPaths(Path("options.yaml"), FIRST))
    ear.next("opened")
    yield session
    opener.gate.set()
    session.shut_down()


def beside(session: Session) -> CompanionPaths:
    assert session.opened is not None
    return session.opened.beside


def test_another_photograph_leaves_eye_channel_and_controls(session: Session, ear: Ear) -> None:
    session.eye.hand.orbit_by(40, 10)
    session.eye.rest()
    settle(session)
    before = session.eye.shown
    session.set_channel("depth")
    for name, value in ((INSTANCE, 2.0), (BLEND_WITH, 0.0), (BLEND, 0.5), ("glow", 0.25)):
        session.set_control(name, value)
    session.loader.choose_input(SECOND)
    ear.next("opened")
    assert beside(session) == CompanionPaths(Path("options.yaml"), SECOND)
    after = session.eye.shown
    assert before is not None and after is not None and (after.camera_to_world == before.camera_to_world).all()
    assert session.view.channel == "depth"
    # Its objects are others.
    assert session.view.controls == {INSTANCE: 0.0, BLEND_WITH: 1.0, BLEND: 0.0, "glow": 0.25}
    session.set_control(INSTANCE, 2.0)
    session.loader.choose_input(SECOND)
    ear.next("opened")
    assert session.view.controls[INSTANCE] == 2.0


def test_what_is_chosen_in_a_row_is_all_taken(session: Session, ear: Ear, opener: Opener) -> None:
    opener.gate.clear()
    session.loader.choose_input(SECOND)
    session.loader.choose_options({"depth": True})
    session.loader.attach(Path("data"))
    session.loader.choose_input(FIRST)
    session.loader.choose_input(SECOND)
    opener.gate.set()
    ear.posted(5)
    ear.next("opened")
    ear.pump()
    assert not ear.heard["opened"]
    named = CompanionPaths(Path("options.yaml"), SECOND)
    assert (Path("class.pth"), Path("data"), ("depth=true",), named) in opener.asked
    assert beside(session) == named and session.loader.settings == ("depth=true",)


def test_another_scene_on_its_way_is_waited_for(session: Session, ear: Ear, opener: Opener) -> None:
    opener.gate.clear()
    session.loader.open(Path("other.pth"))
    with pytest.raises(UserError, match="another scene is being opened"):
        session.loader.choose_input(SECOND)
    opener.gate.set()
    ear.next("opened")
    assert beside(session) == ALONE


def test_a_failure_knows_what_was_named(session: Session, ear: Ear) -> None:
    session.loader.open(Path("broken.pth"), None, CompanionPaths(photograph=SECOND))
    failure = ear.next("failed")
    assert failure.request.beside == CompanionPaths(photograph=SECOND)
    assert beside(session).photograph == FIRST


def test_a_run_that_learns_on_stays_with_its_photograph(session: Session, ear: Ear, tmp_path: Path) -> None:
    session.loader.open(tmp_path / LIVE_NAME, None, CompanionPaths(photograph=FIRST))
    ear.next("opened")
    session.loader.trained_further(tmp_path)
    ear.next("opened")
    assert beside(session).photograph == FIRST


def test_the_end_waits_for_what_is_being_opened_but_not_for_ever(
    ear: Ear, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = ear.session()
    opener.gate.clear()
    session.loader.open(Path("class.pth"))
    threading.Timer(0.1, opener.gate.set).start()
    session.shut_down()
    assert "open" not in {thread.name for thread in threading.enumerate()}
    monkeypatch.setattr("app.viewing.scene_loader.LONGEST_END_S", 0.05)
    session = ear.session()
    opener.gate.clear()
    session.loader.open(Path("class.pth"))
    session.shut_down()
    opener.gate.set()
    for thread in threading.enumerate():
        if thread.name == "open":
            thread.join(WAIT_S)
    ear.pump()
    assert not ear.heard["opened"] and not ear.heard["failed"]
