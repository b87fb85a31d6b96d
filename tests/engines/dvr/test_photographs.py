"""Scenes made of photographs: how these are read, named, kept in scene files, and refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from app import cli
from app.viewing.opening import CompanionPaths, Opened, open_scene
from engines.core.camera import Array
from engines.core.data.images import write_png
from engines.core.engine import BLEND, BLEND_WITH, INSTANCE
from engines.core.errors import Lacking, LacksInput, UserError
from engines.dvr.engine import DvrEngine
from engines.dvr.photographs import as_input, inputs_named
from engines.dvr.scene import DvrScene
from tests.engines.dvr.test_upstream import CODED, SMALL, saved


def photograph(side: int = 40, seed: int = 0) -> Array:
    """Bytes [side, side, 3] of smooth colours on white."""
    drawn = np.random.default_rng(seed).integers(0, 255, (4, 4, 3), dtype=np.uint8)
    picture = np.full((side, side, 3), 255, dtype=np.uint8)
    picture[8:-8, 8:-8] = cv2.resize(drawn, (side - 16, side - 16))
    return picture


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A network that makes scenes of photographs, by chance."""
    return saved(tmp_path, **CODED, encoder="simple_conv")


def code_of(network: Path, source: Path) -> torch.Tensor:
    return code_in(scene_of(open_scene(network, None, "cpu", beside=CompanionPaths(photograph=source))))


def code_in(scene: DvrScene) -> torch.Tensor:
    code = scene.code({})
    assert code is not None
    return code


def scene_of(opened: Opened) -> DvrScene:
    assert isinstance(opened.scene, DvrScene)
    return opened.scene


def test_a_photograph_is_resized_as_torchvision_does(tmp_path: Path) -> None:
    picture = photograph(137)
    square = as_input(picture / 255, 224, squeezed=True)
    expected = np.asarray(Image.fromarray(picture).resize((224, 224), Image.Resampling.BILINEAR)) / 255
    np.testing.assert_allclose(square[0].permute(1, 2, 0).numpy(), expected, atol=1e-6)
    wide = as_input(picture[:60] / 255, 224, squeezed=False)
    assert wide.shape == (1, 3, 224, 224 * 137 // 60)
    assert as_input(picture[:60] / 255, 224, squeezed=True).shape == (1, 3, 224, 224)


def test_kinds_of_files_make_the_same_scene(network: Path, tmp_path: Path) -> None:
    """Grey, 16 bits and transparency are what they mean, where the authors' code takes grey 16 bits for white."""
    picture = photograph()
    grey = picture[..., :1].repeat(3, axis=2)
    files: dict[str, tuple[Array, Array]] = {
        "colour.png": (picture, picture[..., ::-1]),
        "alpha.png": (picture, np.dstack([picture[..., ::-1], np.full((40, 40), 255, np.uint8)])),
        "deep.png": (picture, picture[..., ::-1].astype(np.uint16) * 257),
        "grey.png": (grey, grey[..., 0]),
        "grey16.png": (grey, grey[..., 0].astype(np.uint16) * 257),
        "grey.tif": (grey, grey[..., 0]),
    }
    clear = np.dstack([picture[..., ::-1], np.where((picture == 255).all(2), 0, 255).astype(np.uint8)])
    # What is transparent is white, whatever colour stands there.
    clear[clear[..., 3] == 0, :3] = 0
    files["clear.png"] = picture, clear
    for name, (meant, stored) in files.items():
        cv2.imwrite(str(tmp_path / name), np.ascontiguousarray(stored))
        write_png(tmp_path / "meant.png", np.ascontiguousarray(meant))
        torch.testing.assert_close(code_of(network, tmp_path / name), code_of(network, tmp_path / "meant.png"))


def test_a_photograph_that_lies_is_turned(network: Path, tmp_path: Path) -> None:
    picture = Image.fromarray(photograph())
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.rotate(90).save(tmp_path / "lying.png", exif=exif)
    picture.save(tmp_path / "upright.png")
    torch.testing.assert_close(code_of(network, tmp_path / "lying.png"), code_of(network, tmp_path / "upright.png"))


def test_a_folder_is_a_choice_of_objects(network: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photographs"
    for number, name in enumerate(("car.png", "chair.png", "lamp10.png", "lamp2.png", "lamp2.jpg")):
        folder.mkdir(exist_ok=True)
        Image.fromarray(photograph(seed=number)).save(folder / name)
    scene = scene_of(open_scene(network, None, "cpu", beside=CompanionPaths(photograph=folder)))
    assert scene.instances == ("car", "chair", "lamp2.jpg", "lamp2.png", "lamp10")
    one, other = (scene.code({INSTANCE: number}) for number in (0, 1))
    blend = scene.code({INSTANCE: 0, BLEND_WITH: 1, BLEND: 0.25})
    assert one is not None and other is not None and blend is not None and not torch.equal(one, other)
    torch.testing.assert_close(blend, 0.75 * one + 0.25 * other)
    torch.testing.assert_close(one, code_of(network, folder / "car.png"))


def test_a_scene_file_keeps_what_was_made_of_them(network: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "photographs", tmp_path / "scene.safetensors"
    for number in range(3):
        write_png(folder / f"object{number}.png", photograph(seed=number))
    assert cli.main(["convert", str(network), "--to", "scene", "--input", str(folder), "--out", str(out)]) == 0
    before = scene_of(open_scene(network, None, "cpu", beside=CompanionPaths(photograph=folder)))
    camera = before.start.resized((9, 9))
    pictures = [before.render(camera, {INSTANCE: number}).image for number in range(3)]
    shutil.rmtree(folder)
    after = scene_of(open_scene(out, None, "cpu"))
    assert after.instances == before.instances == ("object0", "object1", "object2")
    for number, picture in enumerate(pictures):
        torch.testing.assert_close(after.render(camera, {INSTANCE: number}).image, picture)
    # It takes others, too, and still says what it doesn't know.
    write_png(tmp_path / "new.png", photograph(seed=9))
    assert scene_of(open_scene(out, None, "cpu", beside=CompanionPaths(photograph=tmp_path / "new.png"))).instances == (
        "new",
    )
    assert any("carries no cameras" in text for text in after.assumptions)
    assert any("last activation" in text for text in after.assumptions)


def test_objects_of_a_data_folder_have_their_own(shared: Path, tmp_path: Path) -> None:
    cls = Path(shutil.copytree(shared / "golden" / "dvr" / "dvr_cond" / "data" / "cls", tmp_path / "cls"))
    path = shared / "golden" / "dvr" / "dvr_cond" / "model.pt"
    first = scene_of(open_scene(path, cls, "cpu"))
    assert first.instances == ("m00", "m01")
    torch.testing.assert_close(first.code({}), code_of(path, cls / "m00" / "img_in" / "000.jpg"))
    # Without a folder of inputs the first photograph is taken, and that is said.
    shutil.rmtree(cls / "m00" / "img_in")
    other = scene_of(open_scene(path, cls, "cpu"))
    assert any("its first photograph is taken" in text for text in other.assumptions)
    assert not torch.equal(code_in(other), code_in(first))


def test_what_is_needed_is_said(network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Lacking, match="--input FILE"):
        open_scene(network, None, "cpu")
    assert cli.main(["info", str(network)]) == 0
    said = capsys.readouterr().out
    assert "needs        this network makes a scene of a photograph" in said
    assert "input        a photograph that the scene is made of, or a folder of such (--input FILE)" in said
    assert cli.main(["info", str(network), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["input"] == DvrEngine().input_advice
    with pytest.raises(LacksInput) as caught:
        open_scene(network, None, "cpu")
    assert caught.value.advice == DvrEngine().input_advice
    single = saved(tmp_path, **SMALL)
    assert cli.main(["info", str(single)]) == 0
    assert "input  " not in capsys.readouterr().out
    write_png(tmp_path / "a.png", photograph())
    for arguments in (["--input", str(tmp_path / "a.png")], ["--set", f"input={tmp_path / 'a.png'}"]):
        assert cli.main(["render", str(single), *arguments, "--out", str(tmp_path / "out")]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert "leave it out" in line


def floating(path: Path, shift: float = 0.0, scale: float = 1.0, broken: float = 0.5) -> None:
    picture = photograph().astype(np.float32) / 255 * scale + shift
    picture[9, 9, 1] = broken
    cv2.imwrite(str(path), picture)


NOTHING_TO_SEE: dict[str, tuple[Callable[[Path], object], str]] = {
    "nan.tif": (lambda path: floating(path, broken=np.nan), "1 of its 4800 values are not finite"),
    "infinite.tif": (lambda path: floating(path, broken=np.inf), "1 of its 4800 values are not finite"),
    "bytes.tif": (lambda path: floating(path, scale=255), "has values from 0.5 to 255; those of a picture in floating"),
    "below.tif": (lambda path: floating(path, shift=-2, broken=-1), "has values from -1.9"),
    "double.tif": (lambda path: cv2.imwrite(str(path), photograph().astype(np.float64)), "has float64 pixels"),
    "clear.png": (lambda path: cv2.imwrite(str(path), np.zeros((40, 40, 4))), "wholly transparent"),
    "white.png": (lambda path: cv2.imwrite(str(path), np.full((40, 40), 255)), "is one colour all over"),
    "dot.png": (lambda path: write_png(path, photograph()[:1, :1]), "is 1x1; photographs need at least 11"),
}


def test_what_shows_nothing_is_one_line(network: Path, tmp_path: Path) -> None:
    """Named alone it is refused at once, of a folder when its object is chosen; the others can be drawn."""
    folder = tmp_path / "photographs"
    for name, (write, _) in NOTHING_TO_SEE.items():
        folder.mkdir(exist_ok=True)
        write(folder / name)
    write_png(folder / "a.png", photograph())
    scene = scene_of(open_scene(network, None, "cpu", beside=CompanionPaths(photograph=folder)))
    assert scene.code({INSTANCE: 0}) is not None
    for name, (_, said) in NOTHING_TO_SEE.items():
        attempts: dict[Callable[[Any], Any], Any] = {
            inputs_named: folder / name,
            scene.code: {INSTANCE: scene.instances.index(name.partition(".")[0])},
        }
        for attempt, argument in attempts.items():
            with pytest.raises(UserError, match=name) as caught:
                attempt(argument)
            assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("broken", ["missing", "empty", "text", "cut", "tiny", "folder"])
def test_what_is_no_photograph_is_one_line(network: Path, tmp_path: Path, broken: str) -> None:
    path = tmp_path / "photograph.png"
    if broken == "folder":
        path.mkdir()
    elif broken == "tiny":
        write_png(path, photograph()[:4, :5])
    elif broken != "missing":
        write_png(path, photograph())
        content: dict[str, Any] = {"empty": b"", "text": b"no picture", "cut": path.read_bytes()[:60]}
        path.write_bytes(content[broken])
    with pytest.raises(UserError, match=r"photograph\.png") as caught:
        open_scene(network, None, "cpu", beside=CompanionPaths(photograph=path))
    assert "\n" not in str(caught.value)


def test_what_is_not_square_is_said(tmp_path: Path) -> None:
    write_png(tmp_path / "wide.png", photograph()[:20])
    (note,) = inputs_named(tmp_path / "wide.png").notes
    assert "wide.png is 40x20 and is squeezed" in note
    write_png(tmp_path / "square.png", photograph())
    assert inputs_named(tmp_path / "square.png").notes == ()


def test_what_is_named_goes_before_what_is_set(network: Path, tmp_path: Path) -> None:
    """A window that was begun with one takes another."""
    for number in range(2):
        write_png(tmp_path / f"object{number}.png", photograph(seed=number))
    settings = [f"input={tmp_path / 'object0.png'}"]
    assert scene_of(open_scene(network, None, "cpu", settings)).instances == ("object0",)
    named = CompanionPaths(photograph=tmp_path / "object1.png")
    assert scene_of(open_scene(network, None, "cpu", settings, beside=named)).instances == ("object1",)
