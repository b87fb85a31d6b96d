"""`main.py info` and `main.py convert`, on an engine of the test's own."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from app import cli
from app.commands import convert, info
from app.viewing import opening
from app.viewing.opening import data_beside
from engines import registry
from engines.core.camera import Camera
from engines.core.config import Options, TrainingConfig
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.storage.checkpoint import Checkpoint, SceneInfo
from engines.core.storage.run_folder import write_run_config
from engines.core.storage.scene_file import read_scene_file, write_scene_file
from engines.core.storage.tensor_bundle import write_bundle
from engines.core.storage.torch_file import read_torch_file
from tests.app.ball_scene import UP, BallScene, ring
from tests.engines.core.examples import write_part


class BallConfig(TrainingConfig):
    FILES = ("model",)


class BallEngine:
    """Opens only what carries cameras."""

    name, title, SceneOptions, Config = "ball", "Balls (Euclid, -300)", Options, BallConfig

    def open(self, checkpoint: Checkpoint, device: torch.device, dataset: Any, options: Options) -> BallScene:
        if checkpoint.scene is None and dataset is None:
            raise UserError("this checkpoint needs its data folder; give --data FOLDER")
        return BallScene()

    def write_upstream(self, checkpoint: Checkpoint) -> Mapping[str, Any]:
        return {"model": dict(checkpoint.weights)}

    def viewing_weights(self, checkpoint: Checkpoint) -> Checkpoint:
        return replace(checkpoint, weights={"radius": checkpoint.weights["radius"]})


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> BallEngine:
    found = BallEngine()
    for module in (registry, info, convert):
        monkeypatch.setattr(module, "find_engine", lambda name: found)
    return found


def checkpoint(cameras: tuple[Camera, ...] = ()) -> Checkpoint:
    scene = SceneInfo(cameras[0], cameras, BallScene.bounds, UP) if cameras else None
    weights = {"radius": torch.tensor([1.0, 1 / 3]), "loss": torch.zeros(8)}
    return Checkpoint("ball", {"sides": 1, "lr": 0.1}, 70, weights, scene)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_scene_file(tmp_path / "ball.safetensors", checkpoint(ring(3)))
    return tmp_path / "ball.safetensors"


def test_info_says_what_a_file_is(engine: BallEngine, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["info", str(path)]) == 0
    output = capsys.readouterr().out
    for text in ("Balls (Euclid, -300)", "step", "70", "sides=1", "any size", "rgb, depth", "the ball is round"):
        assert text in output
    assert "lr=" not in output


def test_info_tells_notes_of_the_data_from_what_was_assumed(
    engine: BallEngine, path: Path, photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photographs = Path(shutil.copytree(photographs, tmp_path / "data"))
    sorted((photographs / "train" / "pose").iterdir())[0].unlink()
    assert cli.main(["info", str(path), "--data", str(photographs)]) == 0
    rows = [line.split(None, 1) for line in capsys.readouterr().out.splitlines()]
    assert [text for name, text in rows if name == "assumed"] == ["the ball is round"]
    notes = [text for name, text in rows if name == "note"]
    assert notes == list(open_dataset(photographs).notes) and notes
    assert cli.main(["info", str(path), "--data", str(photographs), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["assumed"], data["notes"]) == (["the ball is round"], notes)


def test_info_compares_a_file_with_the_hash_in_its_name(
    engine: BallEngine, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    sound = path.rename(path.with_name(f"ball-{digest[:8]}.safetensors"))
    assert cli.main(["info", str(sound)]) == 0
    assert f"intact: its SHA-256 begins with {digest[:8]}" in capsys.readouterr().out
    damaged = Path(shutil.copy(sound, path.with_name("ball-abcdef01.safetensors")))
    assert cli.main(["info", str(damaged)]) == 0
    out = capsys.readouterr().out
    assert out.count("damaged: its SHA-256 begins with") == 1 and "abcdef01" in out
    assert cli.main(["info", str(damaged), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["sha256"], data["intact"], data["notes"]) == (digest, False, [])
    # Other commands say so, too.
    assert cli.main(["bench", str(damaged), "--frames", "1"]) == 0
    assert "note: damaged: its SHA-256" in capsys.readouterr().err


def test_info_as_json(engine: BallEngine, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["info", str(path), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["parameters"] == 10
    assert data["file_bytes"] == path.stat().st_size
    assert data["config"] == {"sides": 1, "lr": 0.1}
    assert (data["self_contained"], data["needs"], data["cameras"]) == (True, None, 8)
    assert Camera.from_json(data["start"]).size_px == (32, 32)


def test_info_says_what_is_missing(engine: BallEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_scene_file(tmp_path / "bare.safetensors", checkpoint())
    assert cli.main(["info", str(tmp_path / "bare.safetensors")]) == 0
    output = capsys.readouterr()
    assert "needs" in output.out and "give --data FOLDER" in output.out
    assert output.err == ""
    assert cli.main(["info", str(tmp_path / "bare.safetensors"), "--data", str(tmp_path / "none")]) == 1
    assert "none: no such folder" in capsys.readouterr().err


def test_convert_to_scene_keeps_everything(engine: BallEngine, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = path.parent / "copy.safetensors"
    assert cli.main(["convert", str(path), "--to", "scene", "--out", str(out)]) == 0
    assert capsys.readouterr() == (f"{out}\n", "")
    read = read_scene_file(out)
    assert (read.step, read.config, set(read.weights)) == (70, {"sides": 1, "lr": 0.1}, {"radius", "loss"})
    assert read.scene is not None and len(read.scene.cameras) == 3


def test_convert_keeps_this_machines_folders_to_itself(engine: BallEngine, tmp_path: Path) -> None:
    source, out = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    write_scene_file(source, replace(checkpoint(ring(3)), config={"sides": 1, "model": "/home/somebody/runs/planes"}))
    assert cli.main(["convert", str(source), "--to", "scene", "--out", str(out)]) == 0
    assert read_scene_file(out).config == {"sides": 1, "model": "planes"}


def test_convert_makes_it_smaller(engine: BallEngine, path: Path) -> None:
    out = path.parent / "small.safetensors"
    assert cli.main(["convert", str(path), "--to", "scene", "--out", str(out), "--half", "--inference-only"]) == 0
    weights = read_scene_file(out).weights
    assert set(weights) == {"radius"}
    assert weights["radius"][1] == torch.tensor(1 / 3).half().float()


def test_convert_takes_cameras_from_the_data_folder(
    engine: BallEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare, out = tmp_path / "bare.safetensors", tmp_path / "out.safetensors"
    write_scene_file(bare, checkpoint())
    assert cli.main(["convert", str(bare), "--to", "scene", "--out", str(out)]) == 0
    assert capsys.readouterr().err == "note: the scene file carries no cameras; give --data FOLDER to put them in\n"
    (tmp_path / "data" / "pose").mkdir(parents=True)
    (tmp_path / "data" / "intrinsics.txt").write_text("40 16 16 0\n0 0 0\n1\n1\n32 32\n")
    (tmp_path / "data" / "pose" / "0.txt").write_text("1 0 0 0 0 1 0 0 0 0 1 -4 0 0 0 1")
    assert cli.main(["convert", str(bare), "--to", "scene", "--out", str(out), "--data", str(tmp_path / "data")]) == 0
    scene = read_scene_file(out).scene
    assert scene is not None and scene.start.position[2] == -4
    # What a scene was trained with stays, whatever the folder says.
    trained = SceneInfo(ring(3)[0], ring(3), BallScene.bounds, UP, {"scale": 1.7, "near_plane": 2.5})
    write_scene_file(bare, replace(checkpoint(), scene=trained))
    assert cli.main(["convert", str(bare), "--to", "scene", "--out", str(out), "--data", str(tmp_path / "data")]) == 0
    scene = read_scene_file(out).scene
    assert scene is not None and scene.start.position[2] == -4
    assert scene.hints == {"scale": 1.7, "near_plane": 2.5, "data": "data"}


def test_a_data_folder_beside_the_scene_file_is_opened_with_it(tmp_path: Path) -> None:
    beside = SceneInfo(ring(3)[0], ring(3), BallScene.bounds, UP, {"data": "rec"})
    path = tmp_path / "scene.safetensors"
    assert data_beside(path, replace(checkpoint(), scene=beside)) is None
    (tmp_path / "rec").mkdir()
    assert data_beside(path, replace(checkpoint(), scene=beside)) == tmp_path / "rec"
    assert data_beside(path, checkpoint()) is None


@pytest.mark.parametrize("name", ["../rec", "/", "..", ".", "", "a/b", 3])
def test_a_scene_file_does_not_choose_folders_elsewhere(tmp_path: Path, name: object) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "rec").mkdir()
    sent = SceneInfo(ring(3)[0], ring(3), BallScene.bounds, UP, {"data": name})
    assert data_beside(tmp_path / "a" / "scene.safetensors", replace(checkpoint(), scene=sent)) is None


def test_convert_to_upstream_is_bit_equal(engine: BallEngine, path: Path) -> None:
    out = path.parent / "authors.pth"
    assert cli.main(["convert", str(path), "--to", "upstream", "--out", str(out)]) == 0
    model = read_torch_file(out)["model"]
    assert all(torch.equal(model[name], tensor) for name, tensor in checkpoint().weights.items())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "scene", "--out", "a.pth"], "scene files end in .safetensors"),
        (["--to", "upstream", "--out", "a.safetensors"], "name it .pth"),
        (["--to", "upstream", "--out", "a.pth", "--half"], "--half goes with --to scene"),
        (["--to", "upstream", "--out", "a.pth", "--inference-only"], "--inference-only goes with --to scene"),
        (["--to", "scene", "--out", "ball.safetensors"], "is the checkpoint itself"),
    ],
)
def test_convert_refuses(
    engine: BallEngine,
    path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(path.parent)
    before = path.read_bytes()
    assert cli.main(["convert", str(path), *words]) == 1
    assert message in capsys.readouterr().err
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_info_of_a_data_folder_says_who_can_learn_from_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_part(tmp_path, views=3)
    assert cli.main(["info", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    for text in ("data folder, deepvoxels", "3 train", "3, 32x24", "learnt by", "colour_grid", "not colour_film"):
        assert text in output
    # Pictures of one grey each; the first is black.
    assert "note" in output and "warning" in output and "nearly all black: 000000" in output
    assert cli.main(["info", str(tmp_path), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["kind"] == "data" and data["engines"]["colour_film"]["suited"] is False
    assert Camera.from_json(data["cameras"][0]).size_px == (32, 24)


def test_info_of_a_run_that_has_saved_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run_config(tmp_path, "srn", tmp_path, {})
    assert cli.main(["info", str(tmp_path)]) == 1
    assert "a run that has saved nothing yet" in capsys.readouterr().err


def test_info_of_photographs_says_what_finds_their_cameras(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = write_part(tmp_path, views=3) / "rgb"
    assert cli.main(["info", str(images)]) == 0
    assert f"main.py poses {images}" in capsys.readouterr().out
    assert cli.main(["info", str(tmp_path / "pose")]) == 1
    assert "no data in a layout that is known" in capsys.readouterr().err
    assert cli.main(["info", str(tmp_path), "--data", str(tmp_path)]) == 1
    assert "--data goes with a checkpoint" in capsys.readouterr().err


def test_up_that_was_chosen_is_kept_in_the_scene_file(
    engine: BallEngine, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["info", str(path), "--up", "-y"]) == 0
    assert "up           (-0, -1, -0)" in capsys.readouterr().out.replace("(0, -1, 0)", "(-0, -1, -0)")
    out = tmp_path / "kept.safetensors"
    assert cli.main(["convert", str(path), "--to", "scene", "--out", str(out), "--up", "0,3,4"]) == 0
    scene = read_scene_file(out).scene
    assert scene is not None and scene.chosen_up is not None
    assert scene.chosen_up == pytest.approx([0, 0.6, 0.8])
    assert opening.open_scene(out, device="cpu").scene.up == pytest.approx([0, 0.6, 0.8])
    # Where nobody chose, the scene's own stays.
    plain = read_scene_file(path).scene
    assert plain is not None and plain.chosen_up is None
    assert cli.main(["info", str(path), "--up", "sideways"]) == 2
    assert "must be x, y, z" in capsys.readouterr().err


def test_a_method_without_files_of_its_authors_says_so(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    plain = SimpleNamespace(name="ball", title="Balls", Config=BallConfig)
    monkeypatch.setattr(convert, "find_engine", lambda name: plain)
    assert cli.main(["convert", str(path), "--to", "upstream", "--out", str(tmp_path / "b.pth")]) == 1
    assert not (tmp_path / "b.pth").exists()
    assert "Balls (ball) has no file format of its authors' own; use --to scene" in capsys.readouterr().err


def test_tensorflows_checkpoints_are_opened_by_file_and_by_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = torch.rand(1, 4, 5, 5, 5, generator=torch.Generator().manual_seed(0))
    index, data = write_bundle(tmp_path / "log" / "net-7.index", {"colour_grid": grid})
    for named in (index, data, tmp_path / "log", tmp_path / "log" / "net-7"):
        assert cli.main(["info", str(named)]) == 0
        assert "grid_dim=5" in capsys.readouterr().out
        assert torch.equal(registry.read_checkpoint(named).weights["values"], grid)
    write_bundle(index, {"another": grid})
    assert cli.main(["info", str(index)]) == 1
    assert "net-7.index: a TensorFlow checkpoint, but not a checkpoint of a known method" in capsys.readouterr().err
