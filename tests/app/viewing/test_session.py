"""The session without a window: opening, what is rendered, comparing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import app.viewing.scene_loader
from app.rendering.render_requests import RenderedImage
from app.training.evaluation import evaluate
from app.viewing.comparison import PhotoComparison
from app.viewing.opening import Opened
from app.viewing.session import Session
from engines.core.data.dataset import Dataset
from engines.core.data.images import to_uint8, write_png
from engines.core.data.views import View, Views
from engines.core.engine import INSTANCE, Control
from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint
from tests.app.ball_scene import UP, BallScene, draw_ball
from tests.app.viewing.ear import WAIT_S, Ear


@pytest.fixture
def ear() -> Ear:
    return Ear()


def shelved(path: Path, data: Path | None, *rest: object) -> Opened:
    """Ball scenes: `native.pth` 32 square, `any.pth` of any size; others fail."""
    if path.stem not in ("native", "any", "bursts"):
        raise UserError(f"{path}: damaged")
    scene = BallScene((32, 32) if path.stem != "any" else None, fail_at=0 if path.stem == "bursts" else None)
    return Opened(scene, Checkpoint("ball", {}, 0, {}), photographed(scene, data) if data else None, path)


@pytest.fixture
def session(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """Opens `shelved` scenes."""
    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", shelved)
    session = ear.session()
    yield session
    session.shut_down()


def photographed(scene: BallScene, folder: Path) -> Dataset:
    """Photographs 64 wide, 48 high, of what the scene draws, but the last, which is missing."""
    views = []
    for index, camera in enumerate(scene.cameras):
        wide = camera.resized((48, 48)).cropped(-8, 0, 64, 48)
        path = folder / f"{index}.png"
        if index < len(scene.cameras) - 1:
            write_png(path, to_uint8(draw_ball(wide).image.numpy()))
        views.append(View(wide, str(index), "train", path))
    return Dataset(Views.of(views), folder, "ball", scene.bounds, UP)


def open_now(session: Session, ear: Ear, name: str, data: Path | None = None) -> RenderedImage:
    session.loader.open(Path(f"{name}.pth"), data)
    ear.next("opened")
    return wait_exact(session, ear)


def wait_exact(session: Session, ear: Ear) -> RenderedImage:
    """The exact picture of the eye's camera, shown."""
    while True:
        picture: RenderedImage = ear.next("picture")
        shown = session.eye.shown
        if picture.kind != "exact" or shown is None:
            continue
        if np.array_equal(picture.camera.camera_to_world, shown.camera_to_world):
            return picture


def settle(session: Session) -> None:
    """Lets an eased jump end."""
    session.eye.tick(1e12)


def test_opening_shows_the_scene_from_its_start(session: Session, ear: Ear) -> None:
    picture = open_now(session, ear, "native")
    assert session.opened is not None and session.loader.opening is None
    expected = to_uint8(draw_ball(session.opened.scene.start).image.numpy())
    assert np.abs(picture.pixels.astype(int) - expected).max() <= 1
    assert session.channels == ("rgb", "depth", "normals", "alpha")


def test_a_scene_that_cannot_be_opened_leaves_the_open_one(session: Session, ear: Ear) -> None:
    open_now(session, ear, "native")
    before = session.opened
    session.loader.open(Path("broken.pth"))
    failure = ear.next("failed")
    assert "damaged" in str(failure.error)
    assert session.opened is before and session.loader.opening is None
    session.eye.hand.orbit_by(5, 0)
    session.eye.rest()
    wait_exact(session, ear)


def test_the_newest_of_two_openings_wins(session: Session, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    def slow(path: Path, data: Path | None, *rest: object) -> Opened:
        if path.stem == "native":
            gate.wait(WAIT_S)
        return shelved(path, data, *rest)

    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", slow)
    session.loader.open(Path("native.pth"))
    session.loader.open(Path("any.pth"))
    ear.posted()
    gate.set()
    ear.posted(2)
    # The newer was there first; the older comes after it.
    ear.pump()
    assert session.opened is not None and session.opened.path.stem == "any"


def test_an_error_while_rendering_is_told_and_survived(session: Session, ear: Ear) -> None:
    session.loader.open(Path("bursts.pth"))
    ear.next("opened")
    assert "burst" in str(ear.next("error"))
    assert session.opened is not None and isinstance(session.opened.scene, BallScene)
    session.opened.scene.fail_at = None
    session.eye.hand.orbit_by(3, 0)
    session.eye.rest()
    wait_exact(session, ear)


def test_a_scene_of_any_size_fills_the_viewport(session: Session, ear: Ear) -> None:
    session.eye.size.resize((200, 100))
    picture = open_now(session, ear, "any")
    assert picture.pixels.shape == (100, 200, 3)
    # All of the camera's square is seen: 32 high became 100, and the middle stays the middle.
    assert picture.camera.focal_px[0] == pytest.approx(40 * 100 / 32)
    assert picture.camera.centre_px == pytest.approx((100, 50))


def test_channels_and_limits(session: Session, ear: Ear) -> None:
    open_now(session, ear, "native")
    session.set_channel("depth")
    near = wait_exact(session, ear)
    assert near.limits is not None and session.images.limits == near.limits
    session.view.limits = session.images.limits
    session.eye.hand.dolly_by(-4)
    session.eye.rest()
    assert wait_exact(session, ear).limits == near.limits
    session.view.limits = None
    assert wait_exact(session, ear).limits != near.limits
    session.set_channel("nonsense")
    assert session.view.channel == "depth"


def test_a_training_view_is_compared_with_its_photograph(session: Session, ear: Ear, tmp_path: Path) -> None:
    open_now(session, ear, "native", tmp_path)
    assert "error" in session.channels
    session.eye.views.go_to(2)
    settle(session)
    wait_exact(session, ear)
    comparison: PhotoComparison = ear.next("compared")
    assert comparison.photograph.shape == comparison.error.shape == (32, 32, 3)
    # The photograph is of 48 lines brought to 32: alike, not equal.
    assert 25 < comparison.psnr_db < 60
    assert comparison.ssim is None


def test_its_structural_similarity_is_told_later_as_an_evaluation_has_it(
    session: Session, ear: Ear, tmp_path: Path
) -> None:
    open_now(session, ear, "native", tmp_path)
    session.eye.views.go_to(2)
    settle(session)
    wait_exact(session, ear)
    scored: PhotoComparison = ear.next("scored")
    # Of a picture that was overtaken on the way there it is not told: only the one before counts.
    before: PhotoComparison = ear.heard["compared"].pop()
    assert scored.photograph is before.photograph and scored.psnr_db == before.psnr_db
    opened = session.opened
    assert opened is not None and opened.dataset is not None
    score = evaluate(opened.scene, opened.dataset.split("train")[2:3], crop_px=0).scores[0]
    assert (scored.ssim, scored.psnr_db) == pytest.approx((score.ssim, score.psnr), abs=1e-4)


def test_a_missing_photograph_is_told(session: Session, ear: Ear, tmp_path: Path) -> None:
    open_now(session, ear, "native", tmp_path)
    session.eye.views.go_to(-1)
    settle(session)
    wait_exact(session, ear)
    assert "7.png" in str(ear.next("unread").error)


def test_the_error_of_a_scene_of_any_size_is_of_the_whole_photograph(
    session: Session, ear: Ear, tmp_path: Path
) -> None:
    session.eye.size.resize((640, 120))
    open_now(session, ear, "any", tmp_path)
    session.eye.views.go_to(3)
    settle(session)
    wait_exact(session, ear)
    assert not ear.heard["compared"], "the picture shows more than the photograph"
    session.set_channel("error")
    ear.next("picture")
    comparison: PhotoComparison = ear.next("compared")
    assert comparison.camera.size_px == (160, 120)
    # Enlarged from 48 lines to 120: its edges are soft.
    assert comparison.psnr_db > 20


def test_the_point_under_a_pixel(session: Session, ear: Ear) -> None:
    picture = open_now(session, ear, "native")
    session.images.pick(16.0, 16.0)
    point = ear.next("picked")
    # The camera looks at the middle of the unit ball.
    towards = picture.camera.position / np.linalg.norm(picture.camera.position)
    assert point == pytest.approx(towards, abs=0.05)
    session.images.pick(0.5, 0.5)
    assert ear.next("picked") is None


def test_closing_forgets_everything(session: Session, ear: Ear) -> None:
    open_now(session, ear, "native")
    session.close()
    assert session.opened is None and session.eye.shown is None and session.channels == ()
    assert session.images.last is None
    session.eye.hand.orbit_by(1, 1)
    session.eye.reset()
    session.images.pick(1, 1)
    assert ear.next("picked") is None


def test_closing_calls_off_an_opening(session: Session, ear: Ear) -> None:
    open_now(session, ear, "native")
    ear.pump()
    session.loader.open(Path("any.pth"))
    session.close()
    ear.posted()
    ear.pump()
    assert session.opened is None and session.loader.opening is None


def test_what_comes_after_the_end_is_adopted_by_nobody(session: Session, ear: Ear) -> None:
    session.loader.open(Path("native.pth"))
    ear.posted()
    session.shut_down()
    before = set(threading.enumerate())
    ear.pump()
    assert session.opened is None and not ear.heard["opened"]
    assert not set(threading.enumerate()) - before


def test_an_option_does_not_overtake_another_scene(session: Session, ear: Ear) -> None:
    open_now(session, ear, "native")
    session.loader.open(Path("any.pth"))
    session.loader.choose_options({})
    ear.next("opened")
    assert session.opened is not None and session.opened.path.stem == "any"


def test_a_picture_of_the_scene_before_is_not_shown(session: Session, ear: Ear) -> None:
    open_now(session, ear, "native")
    session.eye.hand.orbit_by(5, 0)
    session.eye.rest()
    # Its picture waits to be shown while the other scene comes.
    ear.posted()
    session.loader.open(Path("any.pth"))
    ear.posted(2)
    late = ear.stolen()
    ear.next("opened")
    ear.heard.clear()
    late()
    assert session.images.last is None and not ear.heard["picture"]


def test_another_object_has_views_of_its_own(session: Session, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = BallScene((32, 32), controls=(Control(INSTANCE, "Instance", "choice", 0, 1, 0, ("a", "b")),))
    views = tuple(
        View(camera, f"{index % 2}/{index}", instance=index % 2) for index, camera in enumerate(scene.cameras)
    )
    dataset = Dataset(Views.of(views), Path("balls"), "srn", scene.bounds, UP, instances=("a", "b"))
    opened = Opened(scene, Checkpoint("ball", {}, 0, {}), dataset, Path("class.pth"))
    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", lambda *_: opened)
    open_now(session, ear, "class")
    assert [point.name for point in session.visited.points] == ["0/0", "0/2", "0/4", "0/6"]
    at_first = session.eye.view_index
    session.set_control(INSTANCE, 1.0)
    ear.next("views")
    assert [point.name for point in session.visited.points] == ["1/1", "1/3", "1/5", "1/7"]
    assert (at_first, session.eye.view_index) == (0, None)
    session.eye.views.go_to(0)
    settle(session)
    assert session.eye.camera is not None
    assert session.eye.camera.position == pytest.approx(scene.cameras[1].position)


def test_objects_that_share_cameras_are_compared_each_with_its_own(
    session: Session, ear: Ear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = BallScene((32, 32), controls=(Control(INSTANCE, "Instance", "choice", 0, 1, 0, ("a", "b")),))
    still = photographed(scene, tmp_path)
    views = [replace(view, name=f"{number}/{view.name}", instance=number) for number in (0, 1) for view in still.views]
    dataset = replace(still, views=Views.of(views), instances=("a", "b"))
    opened = Opened(scene, Checkpoint("ball", {}, 0, {}), dataset, Path("class.pth"))
    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", lambda *_: opened)
    open_now(session, ear, "class")
    assert ear.next("compared").controls[INSTANCE] == 0
    # The picture of the other object is there before its views are.
    session.set_control(INSTANCE, 1.0)
    wait_exact(session, ear)
    assert not ear.heard["compared"]
    ear.next("views")
    assert ear.next("compared").controls[INSTANCE] == 1


def test_other_options_leave_the_controls_as_they_are(
    session: Session, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    controls = (Control(INSTANCE, "Instance", "choice", 0, 2, 0, ("a", "b", "c")),)
    opened = Opened(BallScene((32, 32), controls=controls), Checkpoint("ball", {}, 0, {}), None, Path("class.pth"))
    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", lambda *_: opened)
    open_now(session, ear, "class")
    session.set_control(INSTANCE, 2.0)
    session.loader.choose_options({})
    ear.next("opened")
    assert session.view.controls == {INSTANCE: 2.0}
    session.loader.attach(Path("data"))
    ear.next("opened")
    assert session.view.controls == {INSTANCE: 2.0}
    other = Opened(opened.scene, opened.checkpoint, None, Path("other.pth"))
    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", lambda *_: other)
    session.loader.open(Path("other.pth"))
    ear.next("opened")
    assert session.view.controls == {INSTANCE: 0.0}


def test_up_that_was_chosen_stays_when_the_scene_is_opened_again(session: Session, ear: Ear) -> None:
    open_now(session, ear, "any")
    session.choose_up(np.array([0.0, -1, 0]))
    assert session.opened is not None and session.opened.scene.up.tolist() == [0, -1, 0]
    assert session.eye.up.tolist() == [0, -1, 0]
    open_now(session, ear, "native")
    assert session.opened is not None and session.opened.scene.up.tolist() == UP.tolist()
    open_now(session, ear, "any")
    assert session.opened.scene.up.tolist() == [0, -1, 0] and session.eye.up.tolist() == [0, -1, 0]
