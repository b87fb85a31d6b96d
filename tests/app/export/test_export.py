"""Exports of a small analytic scene: what is in the files, and what is left after an error or a stop."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.camera.fitting import fit_cameras
from app.export import image_folder
from app.export.export_request import Export
from app.export.exporter import run_export
from app.export.progress import Progress
from app.export.video import ThreadedCalls
from app.rendering.display import shade
from engines.core.camera import Camera
from engines.core.engine import Control, never_stop
from engines.core.errors import Cancelled, UserError
from engines.core.paths.generators import read_path
from tests.app.ball_scene import BallScene, draw_ball, ring
from tests.app.read_video import read_video


def ignore(progress: Progress) -> None:
    """Nobody watches."""


def test_video_shows_the_path_in_order(tmp_path: Path) -> None:
    cameras = ring(5)
    written = run_export(BallScene(), Export(cameras, tmp_path / "a.mp4", quality=10), ignore, never_stop)
    assert written == tmp_path / "a.mp4"
    frames = read_video(written, 32, 32)
    assert len(frames) == 5
    for frame, camera in zip(frames, cameras, strict=True):
        expected = draw_ball(camera).image.numpy() * 255
        others = [
            np.abs(draw_ball(other).image.numpy() * 255 - frame).mean() for other in cameras if other is not camera
        ]
        assert np.abs(frame - expected).mean() < min(8, min(others) / 2)


def test_channels_stand_side_by_side_and_depth_keeps_its_colours(tmp_path: Path) -> None:
    # The same view twice, with a nearer one between: were the limits each frame's own, the nearer would look alike.
    camera = ring(1)[0]
    nearer = camera.camera_to_world.copy()
    nearer[:3, 3] *= 0.7
    cameras = [camera, camera.at(nearer), camera]
    export = Export(cameras, tmp_path / "a.mp4", quality=10, channels=("rgb", "depth", "normals"))
    frames = read_video(run_export(BallScene(), export, ignore, never_stop), 96, 32).astype(float)
    assert np.abs(frames[0] - frames[2]).mean() < 2
    centre = frames[:, 14:18, 46:50].mean(axis=(1, 2))
    assert np.abs(centre[1] - centre[0]).max() > 30
    assert centre[1][0] > centre[1][2]  # near is warm


def test_depth_takes_the_colours_and_the_range_that_are_asked_for(tmp_path: Path) -> None:
    camera, limits = ring(1)[0], (0.5, 30.0)
    export = Export([camera] * 2, tmp_path / "a.mp4", quality=10, channels=("depth",))
    export = replace(export, limits={"depth": limits}, colour_maps={"depth": "grey"})
    frames = read_video(run_export(BallScene(), export, ignore, never_stop), 32, 32).astype(float)
    wanted = shade(draw_ball(camera), "depth", limits, "grey").astype(float)
    assert np.abs(frames[0] - wanted).mean() < 4
    assert np.abs(wanted - shade(draw_ball(camera), "depth", None, "grey")).mean() > 8


def test_folder_holds_images_numbers_and_cameras(tmp_path: Path) -> None:
    cameras = ring(3)
    out = run_export(
        BallScene(), Export(cameras, tmp_path / "frames", channels=("rgb", "depth", "normals")), ignore, never_stop
    )
    names = [
        f"{kind}_{i:05d}.{suffix}"
        for kind, suffix in (("depth", "npy"), ("normals", "npy"), ("rgb", "png"))
        for i in range(3)
    ]
    assert sorted(path.name for path in out.iterdir()) == ["cameras.json", *names]
    for i, camera in enumerate(cameras):
        frame = draw_ball(camera)
        np.testing.assert_array_equal(np.load(out / f"depth_{i:05d}.npy"), frame.depth)
        np.testing.assert_array_equal(np.load(out / f"normals_{i:05d}.npy"), frame.extra["normals"])
        image = np.asarray(Image.open(out / f"rgb_{i:05d}.png"))
        np.testing.assert_array_equal(image, (frame.image.numpy() * 255 + 0.5).astype(np.uint8))
    for read, camera in zip(read_path(out, cameras[0]), cameras, strict=True):
        np.testing.assert_array_equal(read.camera_to_world, camera.camera_to_world)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm", "clip.gif"])
def test_equal_exports_are_equal_bytes(tmp_path: Path, name: str) -> None:
    contents = []
    for _ in range(2):
        out = run_export(BallScene(), Export(ring(10), tmp_path / name, channels=("rgb", "depth")), ignore, never_stop)
        contents.append(out.read_bytes())
    assert contents[0] == contents[1]


@pytest.mark.parametrize("name", ["clip.mp4", "frames"])
def test_frames_do_not_pile_up(tmp_path: Path, name: str) -> None:
    scene = BallScene()
    run_export(scene, Export(ring(300, (8, 8)), tmp_path / name), ignore, never_stop)
    assert len(scene.rendered) == 300
    assert scene.most_alive <= 3


@pytest.mark.parametrize("name", ["clip.mp4", "frames"])
@pytest.mark.parametrize("ending", ["stop", "error", "interrupt"])
def test_nothing_is_left_of_what_did_not_finish(tmp_path: Path, name: str, ending: str) -> None:
    scene = BallScene(fail_at=5 if ending == "error" else None)

    def interrupt(progress: Progress) -> None:
        if progress.done == 5:
            raise KeyboardInterrupt

    expected = {"stop": Cancelled, "error": RuntimeError, "interrupt": KeyboardInterrupt}[ending]
    with pytest.raises(expected):
        run_export(
            scene,
            Export(ring(20), tmp_path / name),
            interrupt if ending == "interrupt" else ignore,
            lambda: ending == "stop" and len(scene.rendered) == 5,
        )
    assert len(scene.rendered) == 5
    assert not list(tmp_path.iterdir())
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("export")]


def test_a_stopped_export_keeps_the_earlier_one(tmp_path: Path) -> None:
    for name in ("clip.mp4", "frames"):
        out = run_export(BallScene(), Export(ring(4), tmp_path / name), ignore, never_stop)
        before = sorted((path.name, path.stat().st_size) for path in tmp_path.rglob("*"))
        with pytest.raises(Cancelled):
            run_export(BallScene(), Export(ring(2), out), ignore, lambda: True)
        assert before == sorted((path.name, path.stat().st_size) for path in tmp_path.rglob("*"))


def test_a_folder_is_replaced_only_if_it_is_an_earlier_export(tmp_path: Path) -> None:
    out = tmp_path / "frames"
    run_export(BallScene(), Export(ring(4), out), ignore, never_stop)
    run_export(BallScene(), Export(ring(2), out), ignore, never_stop)
    assert sorted(path.name for path in out.iterdir()) == ["cameras.json", "rgb_00000.png", "rgb_00001.png"]
    (out / "diary.txt").write_text("mine")
    scene = BallScene()
    with pytest.raises(UserError, match=r"frames: holds other files \(diary\.txt\)"):
        run_export(scene, Export(ring(2), out), ignore, never_stop)
    assert not scene.rendered  # said before the work, not after
    (out / "diary.txt").unlink()
    (out / "cameras.json").unlink()
    with pytest.raises(UserError, match="holds other files"):
        run_export(BallScene(), Export(ring(2), out), ignore, never_stop)
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]


def test_progress_counts_and_shows(tmp_path: Path) -> None:
    seen: list[Progress] = []
    run_export(BallScene(), Export(ring(6, (400, 200)), tmp_path / "a.mp4"), seen.append, never_stop)
    assert [(p.done, p.total) for p in seen] == [(i, 6) for i in range(1, 7)]
    assert seen[0].seconds_left is None
    assert all(p.seconds_left is not None and p.seconds_left >= 0 for p in seen[1:])
    assert seen[-1].seconds_left == 0
    thumbnail = seen[2].thumbnail
    assert thumbnail is not None and thumbnail.shape == (80, 160, 3) and thumbnail.dtype == np.uint8


def test_next_frame_is_rendered_while_the_last_is_encoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    third_rendered, encoded_meanwhile = threading.Event(), list[bool]()

    class Scene(BallScene):
        def render(self, camera: Camera, controls: Any, stop: Any) -> Any:
            if len(self.rendered) == 2:
                third_rendered.set()
            return super().render(camera, controls, stop)

    submit = ThreadedCalls.submit

    def slow_submit(self: ThreadedCalls, call: Any, *arguments: Any) -> None:
        def late() -> None:
            encoded_meanwhile.append(third_rendered.wait(10))
            call(*arguments)

        submit(self, late)

    monkeypatch.setattr(ThreadedCalls, "submit", slow_submit)
    run_export(Scene(), Export(ring(4), tmp_path / "a.mp4"), ignore, never_stop)
    # The first frame's encoding only went on because the third frame was begun meanwhile.
    assert encoded_meanwhile == [True] * 4


def test_cameras_fit_a_scene_of_one_size() -> None:
    wide = ring(2, (64, 48))
    (camera, _) = fit_cameras(BallScene(native_px=(32, 32)), wide, None)
    assert camera.size_px == (32, 32)
    assert camera.focal_px == pytest.approx((60 * 32 / 48,) * 2)
    assert camera.centre_px == pytest.approx((16, 16))
    odd = Camera(np.eye(4), (40, 40), (30, 25), (61, 50))
    assert (
        fit_cameras(BallScene(native_px=(25, 25)), [odd], None)[0].centre_px == odd.square().resized((25, 25)).centre_px
    )
    with pytest.raises(UserError, match="size 64x48: this scene can only draw 32x32"):
        fit_cameras(BallScene(native_px=(32, 32)), wide, (64, 48))
    assert fit_cameras(BallScene(native_px=(32, 32)), wide, (32, 32))[0].size_px == (32, 32)


def test_cameras_keep_what_they_see_where_any_size_can_be_drawn() -> None:
    mixed = [*ring(1, (64, 48)), *ring(1, (32, 32))]
    assert [camera.size_px for camera in fit_cameras(BallScene(), mixed, None)] == [(64, 48)] * 2
    (wide,) = fit_cameras(BallScene(), ring(1, (32, 32)), (128, 64))
    assert wide.size_px == (128, 64)
    assert wide.focal_px == (80.0, 80.0) and wide.centre_px == (64.0, 32.0)


def test_controls_and_background_reach_the_picture(tmp_path: Path) -> None:
    control = Control("time", "Time", "time", 0, 9, 4)
    scene = BallScene(controls=(control,))
    export = Export(ring(2), tmp_path / "a", controls=[{"time": 1.0}, {}], background="white")
    out = run_export(scene, export, ignore, never_stop)
    assert scene.seen_controls == [{"time": 1.0}, {"time": 4}]
    image = np.asarray(Image.open(out / "rgb_00000.png"))
    assert (image[0, 0] == 255).all()
    assert image[16, 16].max() < 255


def test_wrong_requests_are_refused_before_any_work(tmp_path: Path) -> None:
    scene = BallScene()
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"cameras": ()}, "no cameras"),
        ({"channels": ("rgb", "heat")}, "channel heat: this scene gives rgb, depth, normals, alpha"),
        ({"channels": ()}, "no channels"),
        ({"background": "pinkish"}, "is no colour; write white, black"),
        ({"out": tmp_path / "a.avi"}, r"a\.avi: name a video \(\.mp4, \.webm, \.mov, \.gif\)"),
        ({"out": tmp_path / "a.png"}, "or a folder"),
        ({"fps": -1.0}, "frames/s"),
    )
    for changes, message in wrong:
        export = Export(**{"cameras": ring(2), "out": tmp_path / "a.mp4", **changes})
        with pytest.raises(UserError, match=message):
            run_export(scene, export, ignore, never_stop)
    with pytest.raises(ValueError, match="1 controls for 2 cameras"):
        run_export(scene, Export(ring(2), tmp_path / "a.mp4", controls=[{}]), ignore, never_stop)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="can't be written"):
        run_export(scene, Export(ring(2), tmp_path / "file" / "b"), ignore, never_stop)
    with pytest.raises(UserError, match="is a file"):
        run_export(scene, Export(ring(2), tmp_path / "file"), ignore, never_stop)
    assert not scene.rendered
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("channel", ["rgb", "depth"])
def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channel: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    real = {"rgb": image_folder.write_image, "depth": image_folder.write_array}[channel]

    def onto_full_disk(path: Path, values: Any) -> None:
        path.symlink_to("/dev/full")
        real(path, values)

    monkeypatch.setattr(f"app.export.frame_files.{real.__name__}", onto_full_disk)
    with pytest.raises(UserError, match=r"frames: can't be written, the disk is full; make room"):
        run_export(BallScene(), Export(ring(9), tmp_path / "frames", channels=(channel,)), ignore, never_stop)
    assert not list(tmp_path.iterdir())
