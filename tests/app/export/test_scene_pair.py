"""Two scenes in each picture of an export: what the window shows of them, in every kind of file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import app.viewing.scene_loader
from app import cli
from app.commands import console, render
from app.export.drawn_frames import DrawnFrames, export_cameras
from app.export.export_request import Export, check_export
from app.export.exporter import run_export
from app.export.frame_files import numbers
from app.export.kept_frames import frames_kept
from app.export.labels import labelled
from app.export.progress import Progress
from app.export.scene_pair import DIFFERENCE, LAYOUTS, SIDE_BY_SIDE, WIPE, ScenePair
from app.rendering.display import NOTHING_RGB
from app.viewing.opening import Opened
from app.viewing.scene_comparison import SceneComparison
from app.viewing.session import Session
from engines.core.camera import Array, Camera
from engines.core.engine import INSTANCE, Control, Stop, never_stop
from engines.core.errors import UserError
from engines.core.frame import Frame
from engines.core.paths.path_files import read_path
from tests.app.ball_scene import BallScene, ring
from tests.app.viewing.ear import Ear
from tests.app.viewing.test_second_scene import ORIGIN, FarBall, ended, opened_at, second_of


class DimBall(BallScene):
    """The ball at dusk, and nearer by a quarter of a unit."""

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        frame = super().render(camera, controls, stop)
        assert frame.depth is not None
        return replace(frame, image=frame.image * 0.5, depth=frame.depth - 0.25)


def pair(layout: str, second: BallScene | None = None, first: BallScene | None = None, share: float = 0.5) -> ScenePair:
    scenes = opened_at(first or BallScene(), "bright"), opened_at(second or DimBall(), "dim")
    return ScenePair(*scenes, layout, share, "second")


def export(of: ScenePair, out: Path = Path("out"), count: int = 1, **changes: Any) -> Export:
    return replace(Export(ring(count), out, channels=("rgb",), pair=of, scene="first"), **changes)


def drawn(asked: Export) -> DrawnFrames:
    assert asked.pair is not None
    scene = asked.pair.first.scene
    check_export(scene, asked)
    return DrawnFrames(scene, asked, export_cameras(scene, asked), never_stop)


def png(path: Path) -> Array:
    """[H, W, 3 or 4] bytes, blue first."""
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED))


def quietly(_: Progress) -> None:
    pass


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def session(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", lambda *_: opened_at(BallScene((32, 32)), "bright"))
    session = ear.session()
    session.loader.open(Path("bright"))
    ear.next("opened")
    yield session
    session.shut_down()


@pytest.mark.parametrize("native_px", [None, (48, 48)])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_is_what_the_window_shows(
    layout: str, native_px: tuple[int, int] | None, session: Session, ear: Ear
) -> None:
    second = second_of(session, ear, DimBall(native_px))
    while session.images.exact is None:
        ear.next("picture")
    picture, opened = session.images.exact, session.opened
    assert picture is not None and opened is not None
    comparison = SceneComparison(session)
    comparison.second, comparison.share = second, 0.25
    comparison.layout = {SIDE_BY_SIDE: "side"}.get(layout, layout)
    shown = comparison.compose(np.asarray(picture.pixels), picture)
    if layout == SIDE_BY_SIDE:
        beside = comparison.beside(picture)
        assert beside is not None
        shown = np.concatenate([shown, beside], axis=1)
    of = ScenePair(opened, second.opened, layout, 0.25)
    frames = drawn(Export((picture.camera,), Path("out.mp4"), pair=of))
    limits = {"error": comparison.limits} if comparison.limits is not None else {}
    written = frames.picture(0, limits)
    assert frames.video_limits() == {name: pytest.approx(pair) for name, pair in limits.items()}
    # Colours of another size are mixed as bytes on the screen, and as numbers here.
    assert np.abs(written.astype(int) - shown).max() <= (1 if native_px and layout != DIFFERENCE else 0)
    ended(second)


def test_the_line_is_at_its_place_and_sides_are_those_of_the_window() -> None:
    alone = [drawn(export(pair(WIPE, share=share))).picture(0, {}) for share in (1.0, 0.0)]
    assert (alone[0] >= alone[1]).all() and (alone[0] > alone[1]).any(), "the first is bright"
    wiped = drawn(export(pair(WIPE, share=0.25))).picture(0, {})
    assert np.array_equal(wiped[:, :8], alone[0][:, :8]) and np.array_equal(wiped[:, 8:], alone[1][:, 8:])
    both = drawn(export(pair(SIDE_BY_SIDE)))
    assert both.size_px == (64, 32) and np.array_equal(both.picture(0, {}), np.concatenate(alone, axis=1))


def test_what_a_scene_of_one_size_does_not_see_is_grey_and_infinitely_far() -> None:
    wide = ring(1, (64, 32))
    asked = export(pair(SIDE_BY_SIDE, DimBall((32, 32))), cameras=wide, channels=("rgb", "depth"))
    frame = drawn(asked).frame(0)
    colours, depth = numbers(frame, "rgb")[:, 64:], numbers(frame, "depth")[:, 64:]
    assert np.allclose(colours[:, :14] * 255, NOTHING_RGB) and np.isinf(depth[:, :14]).all()
    assert np.isfinite(depth[16, 32])
    # As the first has it where it sees the same, a quarter of a unit nearer.
    own = numbers(frame, "depth")[:, :64]
    assert own[16, 32] - depth[16, 32] == pytest.approx(0.25, abs=1e-3)


def test_a_scene_elsewhere_in_the_world_is_seen_at_its_own_place() -> None:
    far = ScenePair(opened_at(BallScene(), "here"), opened_at(FarBall(), "there", ORIGIN), DIFFERENCE)
    frame = drawn(export(far, channels=("rgb", "depth"))).frame(0)
    assert numbers(frame, "error").max() < 0.02
    errors = numbers(frame, "error_depth")
    assert np.nanmax(errors) < 1e-3 and np.isnan(errors).any(), "there is no depth beside the ball"


def test_differences_are_files_of_their_own(tmp_path: Path) -> None:
    asked = export(pair(DIFFERENCE), tmp_path / "a", 2, channels=("rgb", "depth"))
    run_export(BallScene(), asked, quietly, never_stop)
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert names == {"cameras.json", *(f"{name}_0000{i}.npy" for name in ("error", "error_depth") for i in range(2))}
    depth = np.load(tmp_path / "a" / "error_depth_00001.npy")
    assert np.nanmin(depth) == pytest.approx(0.25) and np.nanmax(depth) == pytest.approx(0.25)


def test_both_keep_their_alpha_where_both_have_one(tmp_path: Path) -> None:
    for layout, other, is_kept in (
        (SIDE_BY_SIDE, DimBall(), True),
        (WIPE, DimBall(), True),
        (DIFFERENCE, DimBall(), False),
        (SIDE_BY_SIDE, DimBall(channels=("rgb", "depth")), False),
    ):
        out = tmp_path / f"{layout}{is_kept}"
        asked = export(pair(layout, other), out, background="transparent", format="png")
        run_export(BallScene(), asked, quietly, never_stop)
        (written,) = out.glob("*.png")
        pixels = png(written)
        assert pixels.shape[2] == (4 if is_kept else 3)
        if is_kept:
            assert pixels[0, 0, 3] == pixels[0, -1, 3] == 0 and pixels[16, pixels.shape[1] // 4, 3] > 200


def test_supersampled_pairs_are_made_smaller_whole() -> None:
    plain, fine = (drawn(export(pair(SIDE_BY_SIDE), supersample=n)).picture(0, {}) for n in (1, 2))
    assert plain.shape == fine.shape == (32, 64, 3)
    assert 0 < np.abs(plain.astype(int) - fine).mean() < 12


def test_it_goes_on_where_it_was_killed_and_only_with_the_same_second_scene(tmp_path: Path) -> None:
    whole = run_export(BallScene(), export(pair(WIPE), tmp_path / "whole", 4), quietly, never_stop)
    with pytest.raises(RuntimeError, match="burst"):
        run_export(BallScene(), export(pair(WIPE, DimBall(fail_at=2)), tmp_path / "out", 4), quietly, never_stop)
    for other in (replace(pair(WIPE), digest="another"), pair(WIPE, share=0.6), pair(DIFFERENCE), None):
        asked = replace(export(pair(WIPE), tmp_path / "out", 4, resume=True), pair=other)
        with pytest.raises(UserError, match=r"unfinished there is of another .*compared scene or layout"):
            run_export(BallScene(), asked, quietly, never_stop)
    kept, _ = frames_kept(tmp_path / "out")
    second = DimBall()
    out = run_export(BallScene(), export(pair(WIPE, second), tmp_path / "out", 4, resume=True), quietly, never_stop)
    assert kept > 0 and len(second.rendered) == 4 - kept
    assert {p.name: p.read_bytes() for p in out.iterdir()} == {p.name: p.read_bytes() for p in whole.iterdir()}


def test_controls_are_the_first_scenes_by_name() -> None:
    choices = [Control(INSTANCE, "Object", "choice", 0, 1, 0, names) for names in (("cup", "jug"), ("jug", "cup"))]
    first, second = BallScene(controls=(choices[0],)), DimBall(controls=(choices[1],))
    drawn(export(pair(SIDE_BY_SIDE, second, first), controls=[{INSTANCE: 1.0}])).frame(0)
    assert first.seen_controls == [{INSTANCE: 1.0}] and second.seen_controls == [{INSTANCE: 0.0}], "the jug, both"


@pytest.mark.parametrize(
    ("of", "changes", "message"),
    [
        (pair("above"), {}, "layout above: must be side-by-side, wipe, difference"),
        (pair(WIPE, share=1.5), {}, "wipe at 1.5: must be 0 to 1"),
        (pair(WIPE, DimBall(channels=("rgb",))), {"channels": ("depth",)}, "channel depth: dim gives rgb; leave it"),
        (pair(WIPE, DimBall((32, 32))), {"supersample": 2}, "supersample 2: dim can only draw 32x32"),
        (pair(WIPE), {"eye_distance": 0.1}, "stereo: goes with a scene alone"),
        (pair(WIPE), {"projection": "equirectangular"}, "projection equirectangular: goes with a scene alone"),
        (pair(DIFFERENCE), {"format": "png16"}, "channel error: can't be a PNG of 16 bits"),
    ],
)
def test_what_can_not_be_is_one_line(of: ScenePair, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as refused:
        check_export(of.first.scene, export(of, **changes))
    assert message in str(refused.value) and "\n" not in str(refused.value)


# Names in the pictures


def test_names_are_at_the_corners_and_nowhere_else() -> None:
    grey = np.full((96, 400, 3), 120, dtype=np.uint8)
    seen = labelled(grey, "left one", "right one")
    changed = (seen != grey).any(axis=2)
    assert (grey == 120).all() and changed[:24, :60].mean() > 0.3 and changed[:24, -60:].mean() > 0.3
    assert not changed[24:].any() and not changed[:, 150:250].any()
    assert seen[:24, :60].max() > 210, "white letters"
    assert np.array_equal(labelled(grey, ""), grey)


def test_a_long_name_loses_its_middle_and_a_tiny_picture_stays_one() -> None:
    grey = np.full((96, 100, 3), 120, dtype=np.uint8)
    changed = (labelled(grey, "a" * 200) != grey).any(axis=(0, 2))
    assert changed[6:60].all() and not changed[98:].any()
    assert labelled(np.zeros((4, 4, 4), dtype=np.uint8), "toys").shape == (4, 4, 4)


def test_names_over_nothing_are_opaque_enough_to_be_read() -> None:
    clear = np.zeros((480, 400, 4), dtype=np.uint8)
    seen = labelled(clear, "toys")
    assert seen[..., 3].max() == 255 and seen[100:, :, 3].max() == 0
    assert seen[seen[..., 3] == 255][:, :3].min() >= 250


def test_both_scenes_and_channels_are_named() -> None:
    of = pair(SIDE_BY_SIDE)
    assert export(of).label("rgb") == ("bright", "dim")
    assert export(of, channels=("rgb", "depth")).label("depth") == ("bright: depth", "dim: depth")
    assert export(pair(WIPE, share=0.0)).label("rgb") == ("", "dim")
    differing = export(pair(DIFFERENCE), channels=("rgb", "depth"))
    assert differing.label("error_depth") == ("Difference of bright and dim: depth", "")
    assert replace(differing, pair=None).label("depth") == ("depth", "")
    plain, named = (drawn(export(of, size_px=(160, 120), labels=labels)).picture(0, {}) for labels in (False, True))
    changed = (plain != named).any(axis=2)
    assert changed[:20, :50].any() and changed[:20, 160:200].any() and not changed[40:].any()


# The command


@pytest.fixture
def two_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every checkpoint but `dim` opens as the ball."""

    def open_scene(path: Path, *_: object) -> Opened:
        return opened_at(DimBall() if path.name == "dim" else BallScene(), path.name)

    monkeypatch.setattr(console, "open_scene", open_scene)
    monkeypatch.setattr(app.viewing.opening, "open_scene", open_scene)
    monkeypatch.setattr(render, "scene_digest", lambda opened: opened.path.name)


def test_render_writes_both(two_balls: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["render", "bright", "--frames", "2", "--compare-with", "dim"]
    assert cli.main([*words, "--layout", "wipe", "--wipe-at", "0.25", "--out", str(tmp_path / "a")]) == 0
    first = png(tmp_path / "a" / "rgb_00000.png")[..., ::-1]
    orbit = drawn(export(pair(WIPE, share=0.25), cameras=render_cameras(tmp_path / "a")))
    assert np.array_equal(first, orbit.picture(0, {}))
    assert cli.main([*words, "--labels", "--out", str(tmp_path / "b")]) == 0
    assert png(tmp_path / "b" / "rgb_00000.png").shape == (32, 64, 3)
    for more, message in (
        (["--wipe-at", "0.5"], "--wipe-at 0.5 goes with --layout wipe"),
        (["--layout", "wipe", "--wipe-at", "2"], "wipe at 2: must be 0 to 1"),
    ):
        assert cli.main([*words, *more, "--out", str(tmp_path / "c")]) == 1
        assert message in capsys.readouterr().err
    assert cli.main(["render", "bright", "--layout", "wipe", "--out", str(tmp_path / "c")]) == 1
    assert "--layout goes with a second scene: --compare-with SCENE" in capsys.readouterr().err
    assert not (tmp_path / "c").exists()


def render_cameras(folder: Path) -> tuple[Camera, ...]:

    return read_path(folder / "cameras.json", ring(1)[0])
