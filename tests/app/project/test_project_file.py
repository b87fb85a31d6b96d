"""Project files: read back without loss, named from where they lie, refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.cleaning.edits import RemoveFloaters, RemoveSphere
from app.project.project_file import Project, ProjectScene, ProjectView, project_text, read_project, write_project
from app.viewing.opening import open_scene
from engines.core.errors import UserError
from engines.core.paths.keyframes import KeyedPath, Keyframe
from tests.engines.core.examples import camera_at


def project_in(folder: Path) -> Project:
    """One of everything, its files in `folder`."""
    scene = ProjectScene(
        path=folder / "scenes" / "car.safetensors",
        data=folder / "photographs",
        photograph=folder / "car.png",
        config=folder / "options.yaml",
        options={"crop_border": True, "steps": 3},
        up=(0.0, -1.0, 0.1),
        cleaning=(RemoveFloaters(8, 2.5), RemoveSphere((0.1, 1 / 3, 0.0), 1e-3, "inside")),
    )
    view = ProjectView(
        camera=camera_at(1 / 3, 2, 0.1),
        pivot=(0.1, 0.2, 1e-17),
        up=(0, 0, 1),
        channel="depth",
        limits=(0.5, 2.25),
        colour_maps={"depth": "viridis_r"},
        controls={"instance": 2.0},
        navigation="fly",
        overlays=("cameras", "axes"),
        crop_box=((-1.0, -0.5, 0.1), (1.0, 0.5, 2.5)),
        cropped=True,
    )
    path = KeyedPath(
        (Keyframe(camera_at(1, 2, 3), 0.1, {"time": 2.0}, "ease in"), Keyframe(camera_at(3, 2, 1), 0.7)), loop=True
    )
    return Project(
        scenes=(scene, ProjectScene(path=folder / "other.pth")),
        view=view,
        comparison="wipe",
        mesh=folder / "car.glb",
        camera_path=path,
        bookmarks={"format": "vantage bookmarks", "version": 1, "bookmarks": []},
        measurements=(((0.0, 0.0, 1 / 3), (3.0, 4.0, 12.0)),),
        length_scale=(0.25, "m"),
        export={"fps": 25.0, "channels": ["rgb"]},
        saved_as=folder / "car.vantage",
    )


def test_all_of_it_comes_back(tmp_path: Path) -> None:
    project, file = project_in(tmp_path), tmp_path / "car.vantage"
    write_project(file, project)
    found = read_project(file)
    assert project_text(found) == project_text(project)
    assert found.view is not None and project.view is not None and found.camera_path is not None
    assert (found.view.camera.camera_to_world == project.view.camera.camera_to_world).all()
    assert found.scenes == project.scenes and found.mesh == project.mesh and found.saved_as == project.saved_as
    assert found.measurements == project.measurements and found.length_scale == project.length_scale
    assert found.camera_path.loop and found.camera_path.keys[0].ease == "ease in"
    assert file.read_text() == project_text(found, tmp_path)


def test_every_field_is_in_the_example(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    for model in (project, project.scenes[0], project.view):
        assert model is not None
        assert model.model_fields_set == set(type(model).model_fields), "what is new is to be tried here, too"


def test_a_folder_that_is_moved_keeps_its_project(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "elsewhere" / "after"
    (before / "projects").mkdir(parents=True)
    write_project(before / "projects" / "car.vantage", project_in(before))
    assert str(tmp_path) not in (before / "projects" / "car.vantage").read_text()
    after.parent.mkdir()
    before.rename(after)
    found = read_project(after / "projects" / "car.vantage")
    assert project_text(found) == project_text(project_in(after))


def test_nothing_at_all_is_a_project(tmp_path: Path) -> None:
    write_project(tmp_path / "empty.vantage", Project())
    assert json.loads((tmp_path / "empty.vantage").read_text()) == {"format": "vantage project", "version": 1}
    assert project_text(read_project(tmp_path / "empty.vantage")) == project_text(Project())


def test_what_a_newer_program_adds_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "car.vantage"
    write_project(file, project_in(tmp_path))
    data = json.loads(file.read_text())
    data["weather"] = data["view"]["mood"] = data["scenes"][0]["colour"] = "fine"
    file.write_text(json.dumps(data))
    assert project_text(read_project(file)) == project_text(project_in(tmp_path))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": "other"}, "is no project of Vantage"),
        ({"version": 2}, "is a project of version 2; this Vantage reads up to 1: get a newer one"),
        ({"version": True}, "is a project of version True"),
        ({"scenes": [{"data": "photographs"}]}, "scenes.0.path: field required"),
        ({"scenes": [{"path": "a"}] * 3}, "scenes is"),
        ({"scenes": [{"path": "a", "cleaning": "all"}]}, "scenes.0.cleaning is 'all': is 'all'; needs a list of edits"),
        ({"scenes": [{"path": "a", "cleaning": [{"kind": "size"}]}]}, "edit of kind 'size': 'most' is missing"),
        ({"view": {"camera": {}, "pivot": [0, 0, 0], "up": [0, 0, 1]}}, "view.camera is {}: not a camera"),
        ({"view": {"camera": 3, "pivot": [0, 0, 0], "up": [0, 0, 1]}}, "view.camera"),
        ({"camera_path": {"format": "vantage camera path", "version": 1}}, "camera path: needs keys"),
        ({"camera_path": 7}, "camera_path is 7: is 7; needs a camera path"),
        ({"mesh": 3}, "mesh is 3"),
        ({"export": []}, "export is []"),
    ],
)
def test_what_is_none_is_told_in_a_line(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    file = tmp_path / "car.vantage"
    file.write_text(json.dumps({"format": "vantage project", "version": 1} | change))
    with pytest.raises(UserError) as caught:
        read_project(file)
    assert str(caught.value).startswith(f"{file}: ") and told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "car.vantage"
    write_project(file, project_in(tmp_path))
    file.write_text(file.read_text().replace("2.25", "Infinity"))
    with pytest.raises(UserError, match=r"view\.limits\.1 is inf: must be a finite number"):
        read_project(file)


def test_a_place_that_can_not_be_written_keeps_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "folder.vantage").mkdir()
    with pytest.raises(UserError, match=r"folder\.vantage"):
        write_project(tmp_path / "folder.vantage", Project())


def test_a_command_that_wants_a_scene_says_what_it_was_given(tmp_path: Path) -> None:
    write_project(tmp_path / "car.vantage", Project())
    with pytest.raises(UserError, match=r"car\.vantage: a project, which the window opens .*; name its scene"):
        open_scene(tmp_path / "car.vantage")
