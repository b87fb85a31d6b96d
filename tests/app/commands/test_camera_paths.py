"""Camera paths of other programs through `render` and `convert`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app import cli
from app.commands import console
from app.viewing.opening import Opened
from engines.core.paths.exchange.formats import PATH_FORMATS, write_content
from engines.core.paths.keyed_json import keyed_text, read_keyed, write_keyed
from engines.core.paths.keyframes import KeyedPath, Keyframe
from engines.core.paths.path_content import PathContent
from engines.core.paths.path_files import read_content, read_path
from engines.core.storage.checkpoint import Checkpoint
from tests.app.ball_scene import BallScene, ring
from tests.engines.core.cameras_around import LIKE, around, assert_same_poses


@pytest.fixture
def ball(monkeypatch: pytest.MonkeyPatch) -> BallScene:
    """What every checkpoint opens as."""
    scene = BallScene()

    def open_scene(*_: object) -> Opened:
        return Opened(scene, Checkpoint("ball", {}, 0, {}), None, Path("ball"))

    monkeypatch.setattr(console, "open_scene", open_scene)
    return scene


def keys(path: Path, fps: float = 10.0) -> Path:
    """Two keys, a second apart."""
    write_keyed(path, KeyedPath(tuple(Keyframe(camera, float(i)) for i, camera in enumerate(ring(2))), fps))
    return path


@pytest.mark.parametrize("name", PATH_FORMATS)
def test_render_writes_and_takes_every_form(ball: BallScene, tmp_path: Path, name: str) -> None:
    out = tmp_path / ("images.txt" if name == "colmap" else f"a{PATH_FORMATS[name].suffixes[0]}")
    write_content(tmp_path / "ring.json", PathContent(ring(3)))
    words = ["render", "ball", "--path", str(tmp_path / "ring.json"), "--path-format", name, "--out", str(out)]
    assert cli.main(words) == 0
    again = tmp_path / "again.json"
    assert cli.main(["render", "ball", "--path", str(out), "--out", str(again)]) == 0
    assert_same_poses(read_path(again, LIKE), list(ring(3)), 1e-6)


def test_a_files_frame_rate_is_that_of_what_is_made_of_it(ball: BallScene, tmp_path: Path) -> None:
    write_content(tmp_path / "camera_path.json", PathContent(ring(3), 12.5))
    for words, fps in (([], 12.5), (["--fps", "24"], 24)):
        out = tmp_path / "a.glb"
        assert (
            cli.main(["render", "ball", "--path", str(tmp_path / "camera_path.json"), "--out", str(out), *words]) == 0
        )
        assert read_content(out, LIKE).fps == fps


def test_keys_stay_keys_where_a_form_has_them(ball: BallScene, tmp_path: Path) -> None:
    path, out = keys(tmp_path / "keys.json"), tmp_path / "a.json"
    write = ["render", "ball", "--path", str(path), "--path-format", "lichtfeld", "--out", str(out)]
    assert cli.main([*write, "--size", "32x16"]) == 0
    found = json.loads(out.read_text())["keyframes"]
    assert [key["time"] for key in found] == [0, 1]
    # Of keys alone --fps makes other frames.
    for words, count in (([], 31), (["--fps", "5"], 6)):
        again = tmp_path / "again.tum"
        assert cli.main(["render", "ball", "--path", str(out), "--out", str(again), *words]) == 0
        assert len(read_path(again, LIKE)) == count
    assert cli.main([*write, "--frames", "4"]) == 0
    assert len(json.loads(out.read_text())["keyframes"]) == 4


def test_keys_stay_keys_in_our_own_form(ball: BallScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = KeyedPath(
        tuple(Keyframe(camera, float(i), {"glow": 0.5}, "ease in") for i, camera in enumerate(ring(2))), 10.0
    )
    write_keyed(tmp_path / "keys.json", before)
    assert convert(tmp_path / "keys.json", "--to", "vantage", "--out", tmp_path / "a.json") == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "keys.json").read_bytes()
    assert convert(tmp_path / "keys.json", "--to", "vantage", "--fps", "5", "--out", tmp_path / "b.json") == 0
    assert (tmp_path / "b.json").read_text() == keyed_text(replace(before, fps=5.0))
    # Keys of others are ours as well, where we drew between them.
    assert convert(tmp_path / "keys.json", "--to", "lichtfeld", "--out", tmp_path / "c.json") == 0
    assert "; controls of the scene (glow)\n" in capsys.readouterr().err
    assert convert(tmp_path / "c.json", "--to", "vantage", "--out", tmp_path / "d.json") == 0
    again = read_keyed(tmp_path / "d.json")
    assert again is not None and [key.time_s for key in again.keys] == [0, 1]
    assert again.keys[0].camera.size_px == (1280, 720), "the lens that convert takes"
    capsys.readouterr()
    words = ["render", "ball", "--path", str(tmp_path / "keys.json"), "--out", str(tmp_path / "e.json")]
    assert cli.main(words) == 0
    kept = read_keyed(tmp_path / "e.json")
    assert kept is not None and kept.keys[1].ease == "ease in" and kept.keys[1].controls == {"glow": 0.5}
    said = capsys.readouterr().err.splitlines()
    assert said[1:] == [
        "note: keys of the path name controls that this scene doesn't have (glow), without effect; it has none"
    ]
    # Frames that another program drew between its keys are not ours to make.
    write_content(tmp_path / "f.json", PathContent(ring(3), 12.0, keyed=before), "nerfstudio")
    capsys.readouterr()
    assert convert(tmp_path / "f.json", "--to", "vantage", "--out", tmp_path / "g.json") == 0
    assert "can't keep the keys (all frames are written)" in capsys.readouterr().err
    assert read_keyed(tmp_path / "g.json") is None and len(read_path(tmp_path / "g.json", LIKE)) == 3


def test_a_recordings_time_steps_stay_beside_its_cameras(tmp_path: Path) -> None:
    write_content(tmp_path / "a.json", PathContent(ring(3), 12.0, [2, 0, 1]))
    assert convert(tmp_path / "a.json", "--to", "vantage", "--out", tmp_path / "b.json") == 0
    assert (tmp_path / "b.json").read_bytes() == (tmp_path / "a.json").read_bytes()


def test_what_a_form_has_no_room_for_is_one_line(
    ball: BallScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.chan"
    assert cli.main(["render", "ball", "--path", "orbit", "--frames", "3", "--out", str(out)]) == 0
    printed = capsys.readouterr()
    of_scene, line = printed.err.splitlines()
    assert printed.out == f"{out}\n" and of_scene == "note: the ball is round"
    assert line.startswith(f"note: {out}: Nuke's .chan can't keep the picture's size (32x32); the order of rotations ")
    assert cli.main(["render", "ball", "--path", "orbit", "--path-format", "nuke", "--out", "a.mp4"]) == 1
    assert "a.mp4: Nuke's .chan is written as .chan" in capsys.readouterr().err


def convert(*words: str | Path) -> int:
    return cli.main(["convert", *map(str, words)])


def test_convert_makes_one_of_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_content(tmp_path / "a.json", PathContent(tuple(around()), 24.0), "nerfstudio")
    assert convert(tmp_path / "a.json", "--to", "gltf", "--up", "z", "--out", tmp_path / "b.gltf") == 0
    printed = capsys.readouterr()
    assert printed.out == f"{tmp_path / 'b.gltf'}\n"
    assert printed.err == f"note: {tmp_path / 'b.gltf'}: a glTF camera can't keep the keys (all frames are written)\n"
    np.testing.assert_allclose(json.loads((tmp_path / "b.gltf").read_text())["nodes"][0]["translation"], [2.2, 1, 0])
    assert convert(tmp_path / "b.gltf", "--to", "colmap", "--out", tmp_path / "sparse") == 0
    assert "COLMAP's model can't keep the frame rate (24/s)" in capsys.readouterr().err
    assert_same_poses(read_path(tmp_path / "sparse", LIKE), around(), 1e-6)
    assert convert(keys(tmp_path / "keys.json"), "--to", "tum", "--fps", "4", "--out", tmp_path / "c.tum") == 0
    assert len(read_path(tmp_path / "c.tum", LIKE)) == 5


def test_what_convert_has_to_assume_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_content(tmp_path / "a.tum", PathContent(tuple(around())))
    assert convert(tmp_path / "a.tum", "--to", "nerfstudio", "--fps", "24", "--out", tmp_path / "b.json") == 0
    said = capsys.readouterr().err
    assert "a.tum: says nothing of the lens; it is taken to be 1280x720, 50 degrees from top to bottom; --data" in said
    content = read_content(tmp_path / "b.json", LIKE)
    assert content.fps == 24 and content.cameras[0].size_px == (1280, 720)
    write_content(tmp_path / "a.chan", PathContent(tuple(around())))
    assert convert(tmp_path / "a.chan", "--to", "gltf", "--out", tmp_path / "c.glb") == 0
    said = capsys.readouterr().err
    assert "a.chan: says nothing of the picture's size; it is taken to be 1280x720; --data" in said
    assert "c.glb: has the path's own axes; in a glTF camera +y is up, and --up turns it so" in said
    assert convert(tmp_path / "c.glb", "--to", "vantage", "--out", tmp_path / "d.json") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "nuke", "--out", "b.mp4"], "b.mp4: Nuke's .chan is written as .chan"),
        (["--to", "nuke", "--half", "--out", "b.chan"], "--half goes with scenes, not with --to nuke"),
        (["--to", "nuke", "--set", "a=1", "--out", "b.chan"], "--set and --device go with --to volume"),
        (["--to", "nuke", "--fps", "0", "--out", "b.chan"], "--fps 0: must be > 0 and at most 1000"),
        (
            ["--to", "scene", "--fps", "9", "--out", "b.safetensors"],
            "--fps goes with camera paths, not with --to scene",
        ),
        (["--to", "nuke", "--out", "a.tum"], "a.tum: is the path itself; write to another file"),
    ],
)
def test_what_convert_can_not_do_is_one_line(
    tmp_path: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_content(Path("a.tum"), PathContent(tuple(around())))
    assert convert("a.tum", *words) == 1
    assert message in capsys.readouterr().err and [path.name for path in tmp_path.iterdir()] == ["a.tum"]


def test_a_path_that_is_made_for_a_scene_is_no_file_to_convert(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["convert", "orbit", "--to", "nerfstudio", "--out", str(tmp_path / "x.json")]) == 1
    said = capsys.readouterr().err
    assert said == "vantage: orbit: is made for a scene; main.py render SCENE --path orbit --out FILE writes it\n"
    assert not list(tmp_path.iterdir())


def test_a_model_of_colmap_is_replaced_only_when_asked_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_content(tmp_path / "a.tum", PathContent(tuple(around())))
    model = tmp_path / "sparse"
    model.mkdir()
    for name in ("cameras.bin", "images.bin", "points3D.bin"):
        (model / name).write_bytes(b"days of work")
    words = (tmp_path / "a.tum", "--to", "colmap", "--out", model)
    for out in (model, model / "images.txt"):
        assert convert(*words[:-1], out) == 1
        said = capsys.readouterr().err.splitlines()[-1]
        assert said.startswith(f"vantage: {out}: would replace the model of COLMAP that is there (cameras.bin); name")
    assert sorted(path.name for path in model.iterdir()) == ["cameras.bin", "images.bin", "points3D.bin"]
    assert convert(*words, "--overwrite") == 0
    assert (model / "replaced" / "images.bin").read_bytes() == b"days of work"
    assert_same_poses(read_path(model, LIKE), around(), 1e-6)
    # What is a path of ours already is replaced, and no third folder comes of it.
    assert convert(*words) == 0 and convert(*words[:-1], model / "images.txt") == 0
    (model / "points3D.txt").write_text("# Points\n1 0 0 0 255 255 255 0.1 1 0\n")
    assert convert(*words) == 1
    assert convert(*words, "--overwrite") == 0
    assert (model / "replaced-2" / "points3D.txt").read_text().startswith("# Points")
    capsys.readouterr()
    assert convert(tmp_path / "a.tum", "--to", "kitti", "--overwrite", "--out", tmp_path / "k.txt") == 1
    assert "--overwrite goes with --to colmap" in capsys.readouterr().err


def test_render_replaces_no_model_of_colmap(
    ball: BallScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "images.txt").write_text("# somebody's\n")
    words = ["render", "ball", "--path", "orbit", "--frames", "2", "--out", str(tmp_path / "images.txt")]
    assert cli.main(words) == 1
    assert "would replace the model of COLMAP" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["images.txt"]
    assert cli.main([*words, "--overwrite"]) == 0
    assert (tmp_path / "replaced" / "images.txt").read_text() == "# somebody's\n"
