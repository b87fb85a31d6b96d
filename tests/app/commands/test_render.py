"""`main.py render` on a scene that needs no engine."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from PIL import Image

from app import cli
from app.commands import console, render
from app.commands.console import note_astray
from app.viewing.opening import Opened
from engines.core.camera import Camera
from engines.core.data.dataset import Dataset
from engines.core.data.views import View, Views
from engines.core.errors import UserError
from engines.core.paths.generators import read_path
from engines.core.storage.checkpoint import Checkpoint
from tests.app.ball_scene import UP, BallScene, ring


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> BallScene:
    """What every checkpoint opens as."""
    ball = BallScene()

    def open_scene(path: Path, data: Path | None, device: str, settings: Sequence[str], *rest: object) -> Opened:
        if path.name == "missing":
            raise UserError(f"{path}: no such file")
        return opened(ball, dataset() if data else None)

    monkeypatch.setattr(console, "open_scene", open_scene)
    return ball


def opened(scene: BallScene, data: Dataset | None = None) -> Opened:
    return Opened(scene, Checkpoint("ball", {}, 0, {}), data, Path("ball"))


def dataset() -> Dataset:
    views = [View(camera, f"{i}", "train") for i, camera in enumerate(ring(4))]
    views += [View(camera, f"t{i}", "test") for i, camera in enumerate(ring(3))]
    return Dataset(Views.of(views), Path("folder"), "ball", BallScene.bounds, UP, notes=("no scale was given",))


class SeenFromNearby(BallScene):
    """Drawn truly from where x > 0 only."""

    def sources(self, camera: Camera, controls: Mapping[str, float]) -> tuple[Camera, ...]:
        return ring(1)

    def advice(self, camera: Camera, controls: Mapping[str, float]) -> str:
        return "" if camera.position[0] > 0.1 else f"Far away at {camera.size_px[0]} pixels"


def test_pictures_from_afar_are_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nearby = SeenFromNearby()
    monkeypatch.setattr(console, "open_scene", lambda *_: opened(nearby, dataset()))
    words = ["render", "ball", "--path", "train", "--out", str(tmp_path / "out"), "--size", "48x40"]
    assert cli.main(words) == 0
    astray = sum(camera.position[0] <= 0.1 for camera in ring(4))
    assert 0 < astray < 4
    said = f"note: {astray} of 4 pictures leave what can be shown truly; the first: Far away at 48 pixels\n"
    assert said in capsys.readouterr().err
    note_astray(BallScene(), ring(4), [{}] * 4)
    assert not capsys.readouterr().err


def test_writes_a_video_and_says_where(scene: BallScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "clip.mp4"
    words = ["render", "ball", "--path", "spiral", "--frames", "3", "--out", str(out), "--channels", "rgb,depth"]
    assert cli.main([*words, "--size", "48x40"]) == 0
    output = capsys.readouterr()
    assert output.out == f"{out}\n"
    assert "note: the ball is round\n" in output.err
    assert "3/3" in output.err
    assert out.stat().st_size > 0
    assert [camera.size_px for camera in scene.rendered] == [(48, 40)] * 3


def test_a_background_that_nothing_shows_is_said(
    scene: BallScene, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["render", "ball", "--path", "spiral", "--frames", "1", "--out", str(tmp_path / "out"), "--size", "8x8"]
    said = "note: --background white has no effect: the scene gives no channel alpha\n"
    assert "alpha" in scene.channels and cli.main([*words, "--background", "white"]) == 0
    assert "no effect" not in capsys.readouterr().err
    monkeypatch.setattr(scene, "channels", ("rgb",))
    assert cli.main([*words, "--background", "white"]) == 0
    assert said in capsys.readouterr().err


def test_test_path_goes_into_a_folder_in_its_order(scene: BallScene, tmp_path: Path) -> None:
    out = tmp_path / "frames"
    assert cli.main(["render", "ball", "--data", "folder", "--path", "test", "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "cameras.json", "rgb_00000.png", "rgb_00001.png", "rgb_00002.png",
    ]  # fmt: skip
    for camera, expected in zip(read_path(out, ring(1)[0]), ring(3), strict=True):
        np.testing.assert_array_equal(camera.camera_to_world, expected.camera_to_world)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--size", "big"], 2, "'big' is no size; write WIDTHxHEIGHT"),
        (["--size", "0x5"], 2, "'0x5' is no size"),
        (["--frames", "0"], 2, "'0' is no number of frames"),
        (["--channels", "rgb,rgb"], 2, "name each once"),
        (["--quality", "11"], 2, "invalid choice"),
        (["--fps", "-1"], 1, "frames/s"),
        (["--codec", "prores"], 1, "codec prores: a .mp4 holds h264, h265, vp9, av1; it goes into .mov"),
        (["--format", "exr"], 1, "format exr: is for folders"),
        (["--background", "transparent"], 1, "H.264 in a .mp4 can't be transparent; name a .mov (ProRes 4444), a"),
        (["--background", "reddish"], 1, "background 'reddish' is no colour; write white, black, checkerboard, a name"),
        (["--crop-box", "1", "2"], 1, "crop box '1 2': write xmin ymin zmin xmax ymax zmax, in world units, or scene"),
        (["--crop-box", "0", "0", "0", "1", "-1", "1"], 1, "crop box: y goes from 0 to -1; the first must be the"),
        (["--crop-box"], 2, "argument --crop-box: expected at least one argument"),
        (["--channels", "depth", "--colour-map", "pink"], 1, "colour map 'pink': must be turbo, viridis, inferno, "),
        (
            ["--colour-map", "rgb=turbo"],
            1,
            "colour map rgb=turbo: what is drawn has no channel rgb with a colour map; none does",
        ),
        (["--channels", "heat"], 1, "channel heat: this scene gives rgb, depth, normals, alpha"),
        (["--path", "validation"], 1, "--path validation: these cameras are in the data folder; name it with --data"),
        (["--path", "helix"], 1, "--path helix: no such file or folder, and no path of that name (spiral,"),
        (["--instance", "2"], 1, "--instance 2: this scene has no instance to choose"),
        (["--time", "2"], 1, "--time 2: this scene has no time to choose"),
        (["--path", "validation", "--data", "f"], 1, "folder has no such views; it has train, test"),
    ],
)
def test_wrong_requests_are_one_line(
    scene: BallScene, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, message: str
) -> None:
    assert cli.main(["render", "ball", "--out", str(tmp_path / "a.mp4"), *words]) == code
    output = capsys.readouterr()
    said = [line for line in output.err.splitlines() if "vantage: " in line or "main.py render: " in line]
    assert len(said) == 1 and message in said[0]
    assert "Traceback" not in output.err and "has no effect" not in output.err
    assert output.out == ""
    assert not list(tmp_path.iterdir())


def test_a_folder_for_compositing(scene: BallScene, tmp_path: Path) -> None:
    out = tmp_path / "frames"
    words = ["render", "ball", "--path", "spiral", "--frames", "2", "--out", str(out), "--channels", "rgb,depth"]
    assert cli.main([*words, "--format", "exr16", "--depth", "range", "--background", "transparent"]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["cameras.json", "rgb_00000.exr", "rgb_00001.exr"]


def test_colours_of_depth(scene: BallScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["render", "ball", "--path", "orbit", "--frames", "1", "--channels", "depth,alpha", "--format", "png"]
    chosen = [(), ("--colour-map", "grey"), ("--colour-map", "grey", "--colour-map", "depth=grey_r")]
    files = []
    for number, more in enumerate(chosen):
        out = tmp_path / str(number)
        assert cli.main([*words, "--out", str(out), *more]) == 0
        files.append([np.asarray(Image.open(out / f"{name}_00000.png")).astype(int) for name in ("depth", "alpha")])
    usual, grey, inverted = files
    assert (usual[0].max(axis=2) != usual[0].min(axis=2)).any() and (grey[0].max(axis=2) == grey[0].min(axis=2)).all()
    np.testing.assert_array_equal(inverted[1], grey[1])
    there = (grey[0] != 96).any(axis=2)
    assert there.any() and (abs(grey[0] + inverted[0] - 255)[there] <= 1).all()
    capsys.readouterr()
    assert cli.main([*words[:-2], "--out", str(tmp_path / "raw"), "--colour-map", "grey"]) == 0
    assert "--colour-map grey has no effect" in capsys.readouterr().err


def test_kinds_of_pictures(scene: BallScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["render", "ball", "--path", "spiral", "--frames", "2"]
    for name, kind, size_px in (
        ("large.mp4", ["--size", "40x30", "--supersample", "2"], (80, 60)),
        ("pair.mp4", ["--size", "40x30", "--stereo", "0.1"], (40, 30)),
        ("sphere.mp4", ["--size", "64x32", "--projection", "equirectangular"], (25, 25)),
    ):
        scene.rendered.clear()
        assert cli.main([*words, "--out", str(tmp_path / name), *kind]) == 0
        assert {camera.size_px for camera in scene.rendered} == {size_px}
        assert "pictures are" not in capsys.readouterr().err or name != "sphere.mp4"


def test_resume_of_another_size_is_one_line(
    scene: BallScene, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "frames"
    words = ["render", "ball", "--path", "spiral", "--frames", "9", "--out", str(out)]
    monkeypatch.setattr(scene, "fail_at", 5)
    assert cli.main(words) not in (0, 1)
    assert "finished frames are kept; the same command with --resume goes on from there" in capsys.readouterr().err
    monkeypatch.setattr(scene, "fail_at", None)
    assert cli.main([*words, "--size", "8x8", "--resume"]) == 1
    assert "frames: what is unfinished there is of another path, size;" in capsys.readouterr().err
    scene.rendered.clear()
    assert cli.main([*words, "--resume"]) == 0
    assert len(scene.rendered) < 9 and len(list(out.glob("rgb_*.png"))) == 9


def test_a_checkpoint_that_is_not_there_is_one_line(
    scene: BallScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["render", "missing", "--out", str(tmp_path / "a.mp4")]) == 1
    assert capsys.readouterr().err == "vantage: missing: no such file\n"


def test_size_is_width_and_height() -> None:
    assert render.parse_size("640x360") == (640, 360)
    assert render.parse_size("HD") == (1920, 1080) and render.parse_size("LLFF") == (1008, 756)
    for text in ("640", "x", "640x", "-1x4", "640x360x3", "1e3x4"):
        with pytest.raises(argparse.ArgumentTypeError):
            render.parse_size(text)


def test_a_crop_box_and_what_is_behind_it(scene: BallScene, tmp_path: Path) -> None:
    """Above z = 0.2 the ball is there, on a colour; elsewhere nothing is, though the ball would be."""
    words = [
        "render",
        "ball",
        "--path",
        "spiral",
        "--frames",
        "1",
        "--size",
        "64x48",
        "--channels",
        "rgb,alpha,normals",
    ]
    box = ["--crop-box", "-1", "-1", "0.2", "1", "1", "1.5"]
    assert cli.main([*words, *box, "--background", "#0080ff", "--out", str(tmp_path / "on")]) == 0
    assert cli.main([*words, *box, "--background", "transparent", "--out", str(tmp_path / "clear")]) == 0
    alpha, normals = (np.load(tmp_path / "on" / f"{name}_00000.npy") for name in ("alpha", "normals"))
    assert set(np.unique(alpha)) == {0.0, 1.0} and 0 < (alpha == 1).mean() < 0.5
    assert (normals[alpha == 1][:, 2] > 0.2 - 1e-4).all() and (normals[alpha == 0] == 0).all()
    on, clear = (np.asarray(Image.open(tmp_path / name / "rgb_00000.png")) for name in ("on", "clear"))
    assert (on[alpha == 0] == [0, 128, 255]).all()
    np.testing.assert_array_equal(clear[..., 3], 255 * alpha)
    np.testing.assert_array_equal(clear[alpha == 1][:, :3], on[alpha == 1])


@pytest.mark.parametrize("kind", ["npy", "exr"])
def test_depths_outside_of_the_crop_box_are_endless(scene: BallScene, tmp_path: Path, kind: str) -> None:
    words = ["render", "ball", "--path", "spiral", "--frames", "2", "--size", "64x48", "--channels", "rgb,depth"]
    box = ["--crop-box", "-1", "-1", "0.2", "1", "1", "1.5"]
    assert cli.main([*words, "--format", kind, "--out", str(tmp_path / "whole")]) == 0
    assert cli.main([*words, *box, "--format", kind, "--out", str(tmp_path / "cropped")]) == 0

    def depth(folder: str) -> np.ndarray:
        if kind == "npy":
            return np.asarray(np.load(tmp_path / folder / "depth_00001.npy"))
        with OpenEXR.File(str(tmp_path / folder / "rgb_00001.exr")) as file:
            return np.array(file.channels()["Z"].pixels)

    whole, cropped = depth("whole"), depth("cropped")
    kept = np.isfinite(cropped)
    assert 0 < kept.sum() < 0.8 * np.isfinite(whole).sum()
    np.testing.assert_array_equal(cropped[kept], whole[kept])


def test_a_scene_without_a_depth_can_not_be_cropped(
    scene: BallScene, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene, "channels", ("rgb",))
    assert cli.main(["render", "ball", "--crop-box", "scene", "--out", str(tmp_path / "a.mp4")]) == 1
    assert "crop box: this scene gives no depth" in capsys.readouterr().err and not list(tmp_path.iterdir())
