"""A run that is opened without a word of its photographs, and what its planes are made of while it is scored."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app import cli
from app.training.loop import run_training
from app.viewing.opening import open_scene
from app.viewing.viewpoints import read_viewpoints
from engines.core.data.images import to_uint8, write_png
from engines.core.engine import never_stop
from engines.core.errors import Lacking
from engines.core.storage.run_folder import CONFIG_NAME, SCENE_NAME
from engines.mask_volume import multiplane_image
from tests.engines.mask_volume.captured import CARD, SIDE_PX, WALL, camera, photograph

SETTINGS = {
    "max_steps": 1,
    "held_out_every": 3,
    "img_wh": (SIDE_PX, SIDE_PX),
    "crop_px": 0,
    "loss_type": "l1",
    "num_workers": 0,
}


def write_photographs(folder: Path, count: int = 9, x: float = 0.0, **lists: str) -> Path:
    """LLFF's folder of a still card before a wall; the first camera stands at `x`; `lists` are files of names."""
    lines = []
    for number in range(count):
        at = camera(x + 0.05 * number)
        write_png(folder / "images" / f"{number:03d}.png", to_uint8(photograph(at, 0.3)[0]))
        # Their columns are down, right, backwards.
        pose = at.camera_to_world[:3, [1, 0, 2, 3]] * [1, 1, -1, 1]
        lens = np.array([[SIDE_PX], [SIDE_PX], [at.focal_px[0]]])
        lines.append([*np.concatenate([pose, lens], axis=1).ravel(), CARD, WALL])
    np.save(folder / "poses_bounds.npy", np.array(lines))
    for name, text in lists.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Photographs, and a run of a step on them, which held every third out."""
    home = tmp_path_factory.mktemp("learnt")
    data, run = write_photographs(home / "stills"), home / "run"
    run_training("mask_volume", data, run, SETTINGS, "cpu", False, lambda report: None, never_stop)
    return data, run


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The pairs that planes are made of, by the photographs' numbers."""
    pairs: list[tuple[int, ...]] = []
    make = multiplane_image.Maker.make

    def noted(
        self: multiplane_image.Maker, pair: multiplane_image.CameraPair, *rest: Any
    ) -> multiplane_image.MultiplaneImage:
        first = pair.cameras[0].position[0]
        pairs.append(tuple(round(float(c.position[0] - first) / 0.05) for c in pair.cameras))
        return make(self, pair, *rest)

    monkeypatch.setattr(multiplane_image.Maker, "make", noted)
    return pairs


def evaluated(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    capsys.readouterr()
    code = cli.main(["evaluate", *map(str, words), "--json", "--device", "cpu"])
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.mark.parametrize("pair", ["nearest", "others", "fixed"])
def test_what_was_held_out_is_scored_against_planes_of_others(
    learnt: tuple[Path, Path], capsys: pytest.CaptureFixture[str], pair: str
) -> None:
    data, run = learnt
    code, out, _ = evaluated(capsys, run, "--data", data, "--set", f"pair={pair}")
    assert code == 0 and [view["view"] for view in json.loads(out)["views"]] == ["002", "005", "008"]
    assert json.loads(out)["views_are"] == "held out by the run"


def test_no_view_that_is_judged_is_a_source(learnt: tuple[Path, Path]) -> None:
    data, run = learnt
    opened = open_scene(run, data, "cpu", ("pair=nearest",))
    points = read_viewpoints(opened)
    judged = {round(p.camera.position[0], 3) for p in points if p.split == "validation"}
    assert len(judged) == 3 and len(points) == 9
    scene: Any = opened.scene
    used = {round(s.position[0], 3) for point in points for s in scene.find_sources(point.camera, {})}
    assert len(used) > 2 and not used & judged


def test_a_photograph_that_is_a_test_view_too_is_no_source(learnt: tuple[Path, Path]) -> None:
    data, run = learnt
    twice = write_photographs(data.parent / "listed", test="001\n004\n", train="\n".join(f"{n:03d}" for n in range(9)))
    opened = open_scene(run, twice, "cpu", ("pair=nearest",))
    assert opened.dataset is not None
    tests = opened.dataset.split("test")
    assert [view.name for view in tests] == ["001", "004"]
    scene: Any = opened.scene
    for view in tests:
        sources = scene.find_sources(view.camera, {})
        assert all(np.abs(other.position - view.camera.position).max() > 1e-3 for other in sources)


def test_what_planes_are_made_of_is_refused_before_any_are(
    learnt: tuple[Path, Path], made: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    data, run = learnt
    code, _, told = evaluated(capsys, run, "--data", data, "--set", "pair=nearest", "--split", "train")
    assert code != 0 and "nothing to compare with" in told and made == []


def test_a_run_takes_the_photographs_that_it_was_learnt_from(
    learnt: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    data, run = learnt
    note = f"note: no data folder was named: that which the run was trained on is taken, {data}"
    for place in (run, run / SCENE_NAME):
        code, out, told = evaluated(capsys, place)
        assert code == 0 and json.loads(out)["data"] == str(data) and note in told
    assert note not in evaluated(capsys, run, "--data", data)[2]
    assert cli.main(["info", str(run)]) == 0
    told = capsys.readouterr().out
    assert f"data folder  {data}" in told and "that which the run was trained on is taken" in told


def test_photographs_that_are_gone_are_named(learnt: tuple[Path, Path], tmp_path: Path) -> None:
    data, run = learnt
    moved = tmp_path / "run"
    shutil.copytree(run, moved)
    text = (moved / CONFIG_NAME).read_text()
    (moved / CONFIG_NAME).write_text(text.replace(str(data), str(tmp_path / "gone")))
    gone = f"the folder that the run was trained on, {tmp_path / 'gone'}, is not there any more"
    with pytest.raises(Lacking, match=rf"--data FOLDER.*{gone}"):
        open_scene(moved, None, "cpu")
    # A scene that was taken out of its run knows of none.
    alone = tmp_path / "alone.safetensors"
    shutil.copy(run / SCENE_NAME, alone)
    with pytest.raises(Lacking, match="says how deep the scene is"):
        open_scene(alone, None, "cpu")
    (moved / CONFIG_NAME).write_text("data: [")
    with pytest.raises(Lacking, match="draws from photographs"):
        open_scene(moved, None, "cpu")


def test_of_another_capture_all_photographs_may_be_sources(learnt: tuple[Path, Path], tmp_path: Path) -> None:
    _, run = learnt
    other = write_photographs(tmp_path / "other", x=0.02)
    opened = open_scene(run, other, "cpu", ("pair=nearest",))
    scene: Any = opened.scene
    assert opened.dataset is not None and len(scene.cameras) == 9
