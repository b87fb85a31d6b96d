"""Which folders are scenes, their names and order."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from engines.core.formats.several_scenes import SceneFolder, find_scenes, scenes_among


def _is_scene(folder: Path) -> bool:
    return (folder / "scene").exists()


def _found(folder: Path, *scenes: str) -> list[SceneFolder]:
    for name in scenes:
        (folder / name).mkdir(parents=True)
        (folder / name / "scene").touch()
    return find_scenes(folder, partial(scenes_among, is_scene=_is_scene))


def test_a_folder_may_be_the_scene(tmp_path: Path) -> None:
    (tmp_path / "scene").touch()
    assert _found(tmp_path, "train/a") == [SceneFolder("", tmp_path)]


def test_its_folders_may_be_scenes(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert _found(tmp_path, "b", "a") == [SceneFolder(name, tmp_path / name) for name in ("a", "b")]


def test_none_is_none(tmp_path: Path) -> None:
    assert _found(tmp_path) == []


def test_those_to_learn_from_come_first(tmp_path: Path) -> None:
    found = _found(tmp_path, "test/a", "val/c", "validation/b", "train/d", "loose")
    assert [(scene.name, scene.split) for scene in found] == [
        ("d", "train"),
        ("b", "validation"),
        ("c", "validation"),
        ("a", "test"),
    ]


def test_names_tell_scenes_of_different_splits_apart(tmp_path: Path) -> None:
    found = _found(tmp_path, "train/a", "train/b", "test/a")
    assert [scene.name for scene in found] == ["train/a", "b", "test/a"]


def test_a_split_may_be_one_scene(tmp_path: Path) -> None:
    found = _found(tmp_path, "train", "test")
    assert [(scene.name, scene.split) for scene in found] == [("train", "train"), ("test", "test")]
