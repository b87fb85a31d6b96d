"""Splats that are left out: pictures, files, and the command that cleans."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app import cli
from app.cleaning.saving import write_cleaned
from app.cli import main
from app.rendering.left_out import OmittedPrimitives
from app.viewing.opening import SceneSource
from engines import registry
from engines.core.camera import Array, Camera
from engines.core.engine import never_stop
from engines.core.errors import UserError
from engines.core.frame import ALPHA
from engines.core.storage.checkpoint import Checkpoint
from engines.splats.config import SplatsConfig, SplatsOptions
from engines.splats.engine import ENGINE, SplatsEngine
from engines.splats.example import BALL, example
from engines.splats.files.content import SplatContent
from engines.splats.files.forms import write_splats
from engines.splats.placement import placed
from engines.splats.scene import SplatScene
from engines.splats.splats import Splats
from tests.engines.splats.scenes import random_splats, splats_of

FLOATERS = np.array([[6.0, 0, 0], [0, -7.0, 0], [0, 0, 8.0]], dtype=np.float32)


def scene_of(splats: Splats) -> SplatScene:
    return SplatScene(splats, placed(splats), torch.device("cpu"), SplatsOptions())


def image(scene: SplatScene, camera: Camera) -> Array:
    frame = scene.render(camera, {}, never_stop)
    return np.concatenate([frame.image.numpy(), frame.extra[ALPHA].numpy().reshape(*frame.image.shape[:2], 1)], 2)


def with_floaters() -> Splats:
    """The example and three far splats, the last ones."""
    splats = example()
    both = {
        name: np.concatenate([getattr(splats, name), getattr(splats, name)[: len(FLOATERS)]])
        for name in ("positions", "log_scales", "quaternions", "opacity_logits", "harmonics")
    }
    both["positions"][len(splats) :] = FLOATERS
    return Splats(both["positions"], both["log_scales"], both["quaternions"], both["opacity_logits"], both["harmonics"])


def test_primitives_are_told_as_they_are_drawn() -> None:
    splats = splats_of([(0, 0, 0), (1, 2, 3)], [(0.1, 0.2, 0.05), (3, 1, 1)], [0.25, 0.9], [(1, 0, 0), (0, 1, 0)])
    found = scene_of(splats).primitives()
    assert found.positions.tolist() == [[0, 0, 0], [1, 2, 3]]
    assert found.opacities == pytest.approx([0.25, 0.9]) and found.opacities.dtype == np.float32
    assert found.sizes == pytest.approx([0.2, 3]) and found.sizes.dtype == np.float32
    solid = replace(splats, opacity_logits=np.array([np.inf, -np.inf], np.float32))
    assert scene_of(solid).primitives().opacities == pytest.approx([1, 0], abs=1e-30)


def test_what_is_left_out_is_drawn_as_if_it_had_never_been() -> None:
    splats, kept = random_splats(500, 2), np.random.default_rng(1).random(500) < 0.5
    scene = scene_of(splats)
    info = placed(splats)
    never = SplatScene(splats.chosen(kept), info, torch.device("cpu"), SplatsOptions())
    camera = info.start.scaled(0.15)
    less = scene.without(~kept, kept & False)
    assert np.array_equal(image(less, camera), image(never, camera))
    assert not np.array_equal(image(scene, camera), image(less, camera))
    assert np.array_equal(image(less.without(kept & False, kept & False), camera), image(scene, camera))
    assert len(less.primitives()) == 500 and len(less.points({})["points"]) == len(never.points({})["points"])


def test_what_is_left_out_may_be_shown_reddish_in_the_same_shape() -> None:
    splats = replace(example(), harmonics=np.zeros_like(example().harmonics))
    scene, removed = scene_of(splats), np.arange(len(example())) < BALL
    tinted, whole = scene.without(removed & False, removed), scene
    camera = scene.start.scaled(0.2)
    before, after = image(whole, camera), image(tinted, camera)
    assert np.array_equal(before[..., 3], after[..., 3])
    # Grey 0.5 and the tint (1, 0.1, 0.15) by three quarters.
    middle = after[before[..., 3] > 0.999]
    redder = middle[middle[:, 0] > 0.8]
    assert len(redder) > 50 and redder[np.argmax(redder[:, 0]), :3] == pytest.approx([0.875, 0.2, 0.2375], abs=0.02)


def checkpoint_of(splats: Splats) -> Checkpoint:
    return Checkpoint("splats", SplatsConfig().model_dump(), 0, splats.tensors, placed(splats))


def test_a_checkpoint_of_what_is_kept_has_a_box_about_it() -> None:
    assert isinstance(ENGINE, SplatsEngine)
    splats = with_floaters()
    kept = np.arange(len(splats)) < len(example())
    less = ENGINE.with_primitives(checkpoint_of(splats), kept)
    assert less.scene is not None and np.array_equal(less.scene.bounds, placed(example()).bounds)
    assert np.array_equal(less.weights["harmonics"].numpy(), example().harmonics)
    with pytest.raises(ValueError, match=r"\[3\] bools of 659 splats"):
        ENGINE.with_primitives(checkpoint_of(splats), np.ones(3, bool))


@pytest.mark.parametrize("name", ["kept.ply", "kept.spz", "kept.splat", "kept.glb", "kept.safetensors"])
def test_what_is_kept_is_written_in_every_form(name: str, tmp_path: Path) -> None:
    splats = with_floaters()
    kept = np.arange(len(splats)) >= 59
    write_cleaned(checkpoint_of(splats), kept, tmp_path / name)
    found = registry.read_checkpoint(tmp_path / name)
    assert len(found.weights["positions"]) == 600
    nearest = np.abs(found.weights["positions"].numpy()[:, None] - splats.positions[kept]).sum(axis=2).min(axis=0)
    assert nearest.max() < 0.02


def test_another_name_is_refused_and_nothing_is_left_there(tmp_path: Path) -> None:
    splats = example()
    with pytest.raises(UserError, match=r"kept\.obj: name it \.glb, \.ply, \.safetensors, \.splat, \.spz"):
        write_cleaned(checkpoint_of(splats), np.ones(len(splats), bool), tmp_path / "kept.obj")
    assert not list(tmp_path.iterdir())


def test_another_name_is_refused_before_anything_is_worked_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["clean", str(written(tmp_path)), "--min-opacity", "0.5", "--out", str(tmp_path / "kept.obj")]) == 1
    said = capsys.readouterr()
    assert said.out == "" and "kept.obj: name it .glb" in said.err


def test_it_is_opened_again_without_what_was_left_out(tmp_path: Path) -> None:
    file = written(tmp_path)
    removed = np.arange(659) % 2 == 0
    opened = SceneSource(file, device="cpu", left_out=OmittedPrimitives(removed)).open()
    assert isinstance(opened.scene, SplatScene) and len(opened.scene.points({})["points"]) == 329
    with pytest.raises(UserError, match=r"scene\.ply: the scene has 659 primitives, and had 4 when it was cleaned"):
        SceneSource(file, device="cpu", left_out=OmittedPrimitives(removed[:4])).open()


def written(folder: Path) -> Path:
    write_splats(folder / "scene.ply", SplatContent(with_floaters()), "ply")
    return folder / "scene.ply"


def test_the_command_cleans_in_the_order_of_its_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scene, out = written(tmp_path), tmp_path / "kept.spz"
    words = ["--floaters", "8,5", "--box", "-2,-2,-2,2,0.9,2", "--min-opacity", "0.9", "--max-size", "50%"]
    assert cli.main(["clean", str(scene), *words, "--out", str(out), "--device", "cpu"]) == 0
    # The floor is 16 x 16, at y = 1, and of larger splats than the ball, which has one size.
    assert capsys.readouterr().out.splitlines() == [
        "--floaters 8,5: removed 3 of 659, 656 left",
        "--box -2,-2,-2,2,0.9,2: removed 256 of 656, 400 left",
        "--min-opacity 0.9: removed 0 of 400, 400 left",
        "--max-size 50%: removed 0 of 400, 400 left",
        f"{out}: 400 of 659",
    ]
    assert len(registry.read_checkpoint(out).weights["positions"]) == 400


WRONG = {
    "--box=1,2,3": "--box 1,2,3: write x,y,z of the lowest and of the highest corner, or scene",
    "--box=1,1,1,0,0,0": "--box 1,1,1,0,0,0: crop box: x goes from 1 to 0; the first must be the smaller",
    "--sphere=0,0,0,-1": "--sphere 0,0,0,-1: sphere: the radius is -1; it must be more than 0",
    "--sphere=middle": "--sphere middle: write x,y,z,radius, or middle,radius",
    "--min-opacity=2": "--min-opacity 2: minimum opacity: 2 is not between 0 and 1",
    "--max-size=nan": "--max-size nan: write a length in world units, or a part such as 99%",
    "--max-size=200%": "--max-size 200%: maximum size: 200 % is none; it is more than 0, and at most 100 %",
    "--floaters=8": "--floaters 8: write how many neighbours, and how many times the mean distance: 8,3",
    "--floaters=2.5,3": "--floaters 2.5,3: 2.5 neighbours; it must be a whole number",
    "--outside-sphere=middle,100": "that leaves none of the 659 primitives",
}


@pytest.mark.parametrize("word", WRONG)
def test_a_word_that_is_none_is_one_line_and_writes_nothing(
    word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scene, out = written(tmp_path), tmp_path / "kept.ply"
    assert cli.main(["clean", str(scene), word, "--out", str(out), "--device", "cpu"]) == 1
    said = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("note: ")]
    assert len(said) == 1 and WRONG[word] in said[0]
    assert not out.exists()


def test_files_that_are_there_are_replaced_only_where_that_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scene, out = written(tmp_path), tmp_path / "kept.ply"
    before = scene.read_bytes()
    command = ["clean", str(scene), "--sphere", "middle,1.2", "--device", "cpu", "--out"]
    assert cli.main([*command, str(scene)]) == 1 and "is the scene itself" in capsys.readouterr().err
    out.write_text("mine")
    assert cli.main([*command, str(out)]) == 1 and "--overwrite replaces it" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert cli.main([*command, str(out), "--overwrite"]) == 0
    assert scene.read_bytes() == before and registry.read_checkpoint(out).engine == "splats"
    assert cli.main(["clean", str(scene), "--out", str(tmp_path / "more.ply")]) == 1
    assert "nothing to clean" in capsys.readouterr().err
