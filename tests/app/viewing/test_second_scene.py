"""A second scene follows the session's eye: the same place of the world, and exactly what `render` gives there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from psygnal import SignalInstance

import app.viewing.scene_loader
from app.camera.fitting import fit_cameras
from app.rendering.render_requests import RenderRequest
from app.viewing.opening import Opened, SceneSource
from app.viewing.scene_comparison import SceneComparison
from app.viewing.second_camera import in_first, in_second, second_controls, second_request
from app.viewing.second_scene import SecondScene
from app.viewing.session import Session
from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.views import Views
from engines.core.engine import INSTANCE, TIME, Control, Scene, Stop, never_stop
from engines.core.frame import Frame
from engines.core.rendering import rendered
from engines.core.storage.checkpoint import Checkpoint
from tests.app.ball_scene import UP, BallScene, draw_ball, ring
from tests.app.viewing.ear import Ear

ORIGIN = np.array([50.0, -7.0, 3.0])


class FarBall(BallScene):
    """The ball where it is in the world, in coordinates that begin at `ORIGIN`."""

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        pose = camera.camera_to_world.copy()
        pose[:3, 3] += ORIGIN
        return super().render(camera.at(pose), controls, stop)


def opened_at(scene: Scene, name: str, origin: Array | None = None) -> Opened:
    data = None
    if origin is not None:
        data = Dataset(Views.of(()), Path("data"), "ball", BallScene.bounds, UP, origin=origin)
    return Opened(scene, Checkpoint("ball", {}, 0, {}), data, Path(name))


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def session(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A ball of 32 pixels is open."""
    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", lambda *_: opened_at(BallScene((32, 32)), "first"))
    session = ear.session()
    session.loader.open(Path("first"))
    ear.next("opened")
    yield session
    session.shut_down()


def second_of(session: Session, ear: Ear, scene: BallScene, origin: Array | None = None) -> SecondScene:
    """A second scene, whose exact picture is there."""
    opened = opened_at(scene, "second", origin)
    second = SecondScene(session, opened, SceneSource(opened.path))
    listened: SignalInstance = second.shown
    listened.connect(lambda: ear.take("second", second.last))
    while not second.is_final():
        ear.next("second")
    return second


def ended(second: SecondScene) -> None:
    for end in second.close():
        end()


@pytest.mark.parametrize("native_px", [None, (32, 32), (48, 48)])
def test_its_pictures_are_what_render_gives(native_px: tuple[int, int] | None, session: Session, ear: Ear) -> None:
    ball = BallScene(native_px)
    second = second_of(session, ear, ball)
    session.eye.hand.orbit_by(20, 5)
    session.eye.rest()
    while not second.is_final():
        ear.next("second")
    picture, eye = second.last, session.eye.shown
    assert picture is not None and picture.frame is not None and eye is not None
    (camera,) = fit_cameras(ball, (eye,), None)
    assert np.array_equal(picture.camera.camera_to_world, eye.camera_to_world)
    assert np.array_equal(picture.frame.image, rendered(ball, camera, {}, never_stop).image)
    ended(second)


def test_both_see_one_place_of_the_world(session: Session, ear: Ear) -> None:
    second = second_of(session, ear, FarBall((32, 32)), ORIGIN)
    first, own = session.eye.shown, second.last
    assert first is not None and own is not None and own.frame is not None
    assert own.camera.position == pytest.approx(first.position - ORIGIN)
    assert np.allclose(own.frame.image, draw_ball(first).image, atol=1e-5)
    opened = session.opened
    assert opened is not None
    back = in_first(in_second(first, opened, second.opened), opened, second.opened)
    assert back.position == pytest.approx(first.position)
    ended(second)


def test_channels_follow_where_both_have_them(session: Session, ear: Ear) -> None:
    second = second_of(session, ear, BallScene((32, 32), channels=("rgb", "depth")))
    for channel, expected in (("depth", "depth"), ("normals", "rgb")):
        session.set_channel(channel)
        while not second.is_final():
            ear.next("second")
        assert second.last is not None and second.last.request.channel == expected
    ended(second)


def scene_with(*controls: Control) -> BallScene:
    return BallScene((32, 32), controls=controls)


def test_controls_follow_by_name() -> None:
    first = scene_with(
        Control(INSTANCE, "Instance", "choice", 0, 2, 0, ("cup", "jug", "pot")),
        Control(TIME, "Time", "time", 0, 9, 0),
        Control("glow", "Glow", "number", 0, 1, 0),
    )
    other = scene_with(
        Control(INSTANCE, "Instance", "choice", 0, 1, 0, ("pot", "cup")),
        Control(TIME, "Time", "time", 0, 4, 0),
        Control("fog", "Fog", "number", 0, 1, 0.25),
    )
    chosen = {INSTANCE: 2.0, TIME: 7.0, "glow": 1.0}
    assert second_controls(chosen, first, other) == {INSTANCE: 0.0, TIME: 4.0, "fog": 0.25}
    # What it does not have is left as it begins.
    assert second_controls({**chosen, INSTANCE: 1.0}, first, other)[INSTANCE] == 0.0
    assert second_controls({**chosen, INSTANCE: 0.0}, first, other)[INSTANCE] == 1.0


def test_limits_are_not_those_of_another_channel() -> None:
    first, other = opened_at(BallScene(), "a"), opened_at(BallScene(channels=("rgb",)), "b")
    request = RenderRequest(ring(1)[0], {}, "depth", (1.0, 2.0), "turbo", draft=True)
    asked = second_request(request, first, other)
    assert (asked.channel, asked.limits, asked.colour_map, asked.draft) == ("rgb", None, "", False)
    same = second_request(request, first, first)
    assert (same.channel, same.limits, same.colour_map) == ("depth", (1.0, 2.0), "turbo")


def test_after_closing_nothing_is_told(session: Session, ear: Ear) -> None:
    second = second_of(session, ear, BallScene((32, 32)))
    before = second.last
    ended(second)
    session.eye.hand.orbit_by(20, 5)
    session.eye.rest()
    ear.pump()
    assert second.last is before


def test_layouts_show_both(session: Session, ear: Ear) -> None:
    class Bright(BallScene):
        def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
            frame = super().render(camera, controls, stop)
            return replace(frame, image=frame.image * 0.5)

    second = second_of(session, ear, Bright((32, 32)))
    while (picture := session.images.last) is None or picture.kind != "exact":
        ear.next("picture")
    comparison, other = SceneComparison(session), second.last
    assert other is not None
    assert np.array_equal(comparison.compose(picture.pixels, picture), picture.pixels) and comparison.caption == ""
    comparison.second = second
    comparison.share = 0.25
    wiped = comparison.compose(picture.pixels, picture)
    assert np.array_equal(wiped[:, :8], picture.pixels[:, :8]) and np.array_equal(wiped[:, 8:], other.pixels[:, 8:])
    assert comparison.caption == "first | second" and comparison.wiped_share == 0.25
    comparison.layout = "side"
    assert np.array_equal(comparison.compose(picture.pixels, picture), picture.pixels)
    beside = comparison.beside(picture)
    assert beside is not None and np.array_equal(beside, other.pixels)
    assert not comparison.wiped_share
    comparison.layout, comparison.flipped = "flicker", True
    assert np.array_equal(comparison.compose(picture.pixels, picture), other.pixels)
    assert comparison.names == ("second", "")
    comparison.layout = "difference"
    comparison.compose(picture.pixels, picture)
    apart = np.abs(picture.pixels.astype(float) - other.pixels).mean(axis=2) / 255
    assert comparison.limits == pytest.approx((0, np.percentile(apart, 99)), abs=1e-3)
    ended(second)
