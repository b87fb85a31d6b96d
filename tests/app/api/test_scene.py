"""A scene in a script: what it tells, draws and refuses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest
from torch import Tensor

from engines.core.camera import Camera
from engines.core.engine import BLEND, BLEND_WITH, INSTANCE, TIME, Control, Stop
from engines.core.errors import Cancelled, UserError
from engines.core.frame import Frame
from engines.core.paths.generators import camera_path, read_path
from engines.core.paths.keyed_json import write_keyed
from engines.core.paths.keyframes import KeyedPath, Keyframe
from tests.app.api.balls import CONTROLS, ball_scene, dataset, script_scene
from tests.app.ball_scene import BallScene, draw_ball, ring


def same(a: tuple[Camera, ...], b: tuple[Camera, ...]) -> bool:
    return [camera.to_json() for camera in a] == [camera.to_json() for camera in b]


def ball_depth(camera: Camera) -> Tensor:
    depth = draw_ball(camera).depth
    assert depth is not None
    return depth


def test_it_tells_what_it_is() -> None:
    scene, ball = ball_scene(dataset(), controls=CONTROLS)
    told = "<vantage scene <ball>.safetensors: colour_grid, any size, rgb, depth, normals, alpha, on cpu>"
    assert repr(scene) == told
    assert scene.step == 3 and scene.method == "colour_grid" and scene.camera is ball.start
    assert list(scene.controls) == [INSTANCE, BLEND_WITH, BLEND, TIME, "glow"]
    assert scene.notes == ("the ball is round", "give data FOLDER")
    table = scene._repr_html_()
    assert "<tr><th>scene</th><td>&lt;ball&gt;.safetensors</td></tr>" in table
    assert "<td>Colour grid (colour_grid)</td>" in table and "<tr><th>note</th><td>give data FOLDER</td></tr>" in table


def test_it_draws_from_where_one_begins_or_from_a_camera() -> None:
    scene, ball = ball_scene()
    assert np.array_equal(scene.render().depth, ball_depth(ball.start))
    other = scene.render(ring(3)[1], channel="depth")
    assert other.channel == "depth" and np.array_equal(other.depth, ball_depth(ring(3)[1]))
    assert other.camera is ball.rendered[-1]


@pytest.mark.parametrize(
    ("width", "height", "size_px"),
    [(None, None, (64, 48)), (32, None, (32, 24)), (None, 12, (16, 12)), (40, 20, (40, 20))],
)
def test_sizes(width: int | None, height: int | None, size_px: tuple[int, int]) -> None:
    scene, _ = ball_scene(start=ring(1, (64, 48))[0])
    assert scene.render(width=width, height=height).size_px == size_px
    assert next(scene.frames("orbit", frames=1, width=width, height=height)).size_px == size_px


def test_the_one_size_that_can_be_drawn() -> None:
    scene, _ = ball_scene(native_px=(16, 16))
    assert scene.render().size_px == scene.size_px == scene.render(width=16).size_px == (16, 16)
    said = "this scene can only draw 16x16; leave"
    for width, height, told in (
        (32, None, f"width 32: {said} width out"),
        (None, 20, f"height 20: {said} height out"),
        (16, 20, f"width 16, height 20: {said} width and height out"),
    ):
        with pytest.raises(UserError, match=f"^{told}$"):
            scene.render(width=width, height=height)
        with pytest.raises(UserError, match=f"^{told}$"):
            scene.export("out", width=width, height=height)


def test_controls_are_arguments() -> None:
    scene, ball = ball_scene(controls=CONTROLS)
    usual = {INSTANCE: 0.0, BLEND_WITH: 1.0, BLEND: 0.0, TIME: 0.0, "glow": 0.25}
    scene.render()
    assert ball.seen_controls[-1] == usual
    scene.render(instance="jug", time=2, glow=0.5)
    assert ball.seen_controls[-1] == usual | {INSTANCE: 1.0, TIME: 2.0, "glow": 0.5}
    # Numbers out of arrays do as well, which are no `float` to mypy.
    scene.render(instance=cast(float, np.int64(1)), blend_with="cup", blend=cast(float, np.float32(0.5)))
    assert ball.seen_controls[-1] == usual | {INSTANCE: 1.0, BLEND_WITH: 0.0, BLEND: 0.5}


def test_a_number_is_a_place_also_where_names_are_numbers() -> None:
    names = Control(INSTANCE, "Instance", "choice", 0, 2, 0, ("2", "0", "1"))
    finish = Control("finish", "Finish", "choice", 0, 1, 0, ("1", "0"))
    scene, ball = ball_scene(controls=(names, finish))
    for said in (1, cast(int, np.int64(1)), 1.0):
        scene.render(instance=said, finish=said)
        assert ball.seen_controls[-1] == {INSTANCE: 1.0, "finish": 1.0}
    scene.render(instance="1", finish="1")
    assert ball.seen_controls[-1] == {INSTANCE: 2.0, "finish": 0.0}
    with pytest.raises(UserError, match=r"^finish=2: must be 0 to 1 \(1, 0\)$"):
        scene.render(finish=2)


def test_a_recording_plays_along_a_path() -> None:
    scene, ball = ball_scene(controls=CONTROLS)
    assert len(list(scene.frames("orbit", frames=5))) == 5
    assert [seen[TIME] for seen in ball.seen_controls] == [0, 1, 2, 3, 0]
    ball.seen_controls.clear()
    list(scene.frames("orbit", frames=3, time=2, blend_with="cup"))
    assert [(seen[TIME], seen[BLEND]) for seen in ball.seen_controls] == [(2, 0), (2, 0.5), (2, 1)]


def test_frames_are_drawn_when_they_are_asked_for() -> None:
    scene, ball = ball_scene()
    frames = scene.frames(ring(6), frames=4, channel="depth")
    assert ball.rendered == []
    first = next(frames)
    assert first.channel == "depth" and len(ball.rendered) == 1
    assert same(tuple(image.camera for image in frames), ring(6)[1:4])


def test_paths() -> None:
    scene, ball = ball_scene(dataset())
    named = camera_path("orbit", ball.start, ball.cameras, ball.bounds, ball.up, 7)
    assert same(scene.camera_path(frames=7), named)
    assert same(scene.camera_path("test"), ring(3)) and same(scene.camera_path(ring(5), frames=2), ring(5)[:2])
    assert [view.name for view in scene.views("test")] == ["t0", "t1", "t2"]


def test_a_path_is_written_and_read(tmp_path: Path) -> None:
    scene, _ = ball_scene()
    out = tmp_path / "path.json"
    made = scene.export(out, "orbit", frames=3)
    assert made.path == Path(made) == out and made.notes == ()
    for path in (out, str(out)):
        assert same(scene.camera_path(path), read_path(out, scene.camera))
    for path in (out, str(out)):
        with pytest.raises(UserError, match="would replace a file that is read here"):
            scene.export(out, path)


def test_an_export_tells_how_far_it_is_and_can_be_stopped(tmp_path: Path) -> None:
    scene, _ = ball_scene()
    done: list[int] = []
    scene.export(tmp_path / "a", "orbit", frames=3, on_progress=lambda progress: done.append(progress.done))
    assert done == [1, 2, 3] and (tmp_path / "a" / "rgb_00002.png").is_file()
    with pytest.raises(Cancelled):
        scene.export(tmp_path / "b.gif", "orbit", frames=3, stop=lambda: True)
    assert not (tmp_path / "b.gif").exists()


def test_what_a_path_could_not_keep_is_told_and_not_hidden(tmp_path: Path) -> None:
    scene, _ = ball_scene()
    keys = KeyedPath(tuple(Keyframe(camera, float(i), {"fog": 1.0}) for i, camera in enumerate(ring(2))), 2.0)
    write_keyed(tmp_path / "keys.json", keys)
    (note,) = scene.export(tmp_path / "a", tmp_path / "keys.json").notes
    assert note.startswith("keys of the path name controls that this scene doesn't have (fog), without effect; it has ")
    notes = scene.export(tmp_path / "a.tum", tmp_path / "keys.json").notes
    assert notes[0] == note and "TUM's trajectory can't keep the lens" in notes[1]
    wide = scene.export(tmp_path / "b", ring(1), width=64, height=16).notes
    assert wide == ("the cameras' pictures are 32x32, drawn are 64x16: all of it is shown, and more at the sides "
                    "(fit crop or pad)",)  # fmt: skip


def test_an_export_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    scene, ball = ball_scene()
    whole = scene.export(tmp_path / "whole", ring(4), format="exr16", channels=["rgb", "depth"])
    ball.fail_at = len(ball.rendered) + 3
    with pytest.raises(RuntimeError, match="burst"):
        scene.export(tmp_path / "out", ring(4), format="exr16", channels=["rgb", "depth"])
    ball.fail_at, before = None, len(ball.rendered)
    with pytest.raises(UserError, match=r"is of another .*; name the same as before, or begin anew, without resume=T"):
        scene.export(tmp_path / "out", ring(4), format="exr", channels=["rgb", "depth"], resume=True)
    out = scene.export(tmp_path / "out", ring(4), format="exr16", channels=["rgb", "depth"], resume=True)
    assert len(ball.rendered) - before < 4
    written = [{path.name: path.read_bytes() for path in place.path.iterdir()} for place in (whole, out)]
    assert written[0] == written[1] and "rgb_00003.exr" in written[0]


def test_kinds_of_files_and_pictures_are_those_of_the_command(tmp_path: Path) -> None:
    scene, _ = ball_scene()
    clear = scene.export(tmp_path / "a", ring(1), background="transparent", supersample=2)
    written = cv2.imread(str(clear.path / "rgb_00000.png"), cv2.IMREAD_UNCHANGED)
    assert written is not None and written.shape == (32, 32, 4)
    assert scene.export(tmp_path / "a.mp4", ring(2), codec="vp9").path.is_file()
    with pytest.raises(UserError, match=r"codec prores: a .mp4 holds h264"):
        scene.export(tmp_path / "b.mp4", ring(2), codec="prores")
    with pytest.raises(UserError, match="stereo and projection equirectangular"):
        scene.export(tmp_path / "b.mp4", ring(2), stereo=0.1, projection="equirectangular")
    assert Path(scene.export(tmp_path / "sparse" / "images.txt", ring(2))).is_file()
    (tmp_path / "sparse" / "points3D.bin").touch()
    with pytest.raises(UserError, match="or say overwrite=True, which keeps the old one in replaced"):
        scene.export(tmp_path / "sparse" / "images.txt", ring(2))
    scene.export(tmp_path / "sparse" / "images.txt", ring(2), overwrite=True)
    assert (tmp_path / "sparse" / "replaced" / "points3D.bin").is_file()


def test_two_scenes_in_one_export(tmp_path: Path) -> None:
    (first, _), (second, _) = ball_scene(), ball_scene()
    for one, other in ((first, second), (second, first), (first, first)):
        out = one.export(tmp_path / "a", ring(1), compare_with=other, layout="difference", channels="depth")
        assert np.nanmax(np.load(out.path / "error_depth_00000.npy")) == 0
    with pytest.raises(UserError, match="layout above: must be side-by-side, wipe, difference"):
        first.export(tmp_path / "b", ring(1), compare_with=second, layout="above")


def test_a_callback_may_draw(tmp_path: Path) -> None:
    scene, ball = ball_scene()
    scene.export(tmp_path / "a", ring(2), on_progress=lambda progress: np.asarray(scene.render()).sum())
    assert len(ball.rendered) == 4


class Lost(BallScene):
    """Finds out late that something is missing."""

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        raise UserError("a photograph is missing: give --data FOLDER")


def test_what_goes_wrong_on_the_way_is_told_in_the_same_words() -> None:
    frames = script_scene(Lost()).frames("orbit", frames=2)
    with pytest.raises(UserError, match=r"^a photograph is missing: give data FOLDER$"):
        next(frames)


class Crowded(BallScene):
    """Fails where two threads draw at once."""

    busy = threading.Lock()

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        if not self.busy.acquire(blocking=False):
            raise RuntimeError("two at once")
        try:
            return super().render(camera, controls, stop)
        finally:
            self.busy.release()


def test_several_threads_draw_one_by_one() -> None:
    ball, failures = Crowded(), list[RuntimeError]()
    scene = script_scene(ball)

    def draw() -> None:
        try:
            for _ in range(20):
                scene.render(width=64)
        except RuntimeError as error:
            failures.append(error)

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and len(ball.rendered) == 80


WRONG: dict[str, Callable[[Any, Path], object]] = {
    "channel heat: this scene gives rgb, depth, normals, alpha": lambda scene, out: scene.render(channel="heat"),
    "background 'rad' is no colour; write white, black": lambda scene, out: scene.frames(background="rad"),
    "width 0: must be a whole number of pixels, 1 to 1000000": lambda scene, out: scene.render(width=0),
    "height 1.5: must be a whole number of pixels, 1 to 1000000": lambda scene, out: scene.render(height=1.5),
    "width wide: must be a whole number of pixels": lambda scene, out: scene.render(width="wide"),
    "camera: must be a vantage.Camera, not orbit; frames(...) draws a path": lambda scene, out: scene.render("orbit"),
    "glow=2: must be 0 to 1": lambda scene, out: scene.render(glow=2),
    "chanel=depth: this scene has no control 'chanel'": lambda scene, out: scene.render(chanel="depth"),
    "glow [1]: must be a number": lambda scene, out: scene.render(glow=[1]),
    "time noon: must be a number": lambda scene, out: scene.render(time="noon"),
    "instance bowl: must be 0 to 1 (cup, jug)": lambda scene, out: scene.render(instance="bowl"),
    "blend_with jug: how far? give its share, 0 to 1, with blend": lambda scene, out: scene.render(blend_with="jug"),
    "path orbits: no such file or folder, and no path": lambda scene, out: scene.frames("orbits"),
    "path: must be a name, a file or folder, or cameras": lambda scene, out: scene.frames([1, 2]),
    "the path has no cameras": lambda scene, out: scene.frames([]),
    "frames 0: must be at least 1": lambda scene, out: scene.camera_path(frames=0),
    "split half: must be train, validation, test": lambda scene, out: scene.views("half"),
    "split train: the views are in the data folder; name it: vantage": lambda scene, out: scene.views(),
    "no channels to write; this scene gives": lambda scene, out: scene.export(out, channels=()),
    "video quality 11: must be 1 to 10": lambda scene, out: scene.export(out.with_suffix(".mp4"), quality=11),
    "box: must be two corners of three numbers": lambda scene, out: scene.mesh(out, box=[1, 2]),
    "a mesh from 'x': must be one of auto, depth, surface": lambda scene, out: scene.mesh(out, source="x"),
    "this scene has no surface of its own; its mesh can be made of its depths (source depth)": (
        lambda scene, out: scene.mesh(out, source="surface")
    ),
    "crop -1: must be >= 0": lambda scene, out: scene.evaluate(crop=-1),
    "width, height: name both, or neither": lambda scene, out: scene.evaluate(width=3),
    "split all: must be train": lambda scene, out: scene.evaluate("all"),
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_wrong_is_one_line(said: str, tmp_path: Path) -> None:
    scene, ball = ball_scene(controls=CONTROLS)
    with pytest.raises(UserError) as caught:
        WRONG[said](scene, tmp_path / "out")
    assert str(caught.value).startswith(said) and "\n" not in str(caught.value)
    assert ball.rendered == [] and [path for path in tmp_path.iterdir() if not path.name.startswith(".")] == []
