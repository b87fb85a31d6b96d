"""The open project: what asks to be saved, and what is left of a program that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.project.autosave import MOST_KEPT, Autosave, Recoverable, forget, recoverable
from app.project.open_project import OpenProject
from app.project.project_file import Project, ProjectScene, ProjectView, project_text, read_project, write_project
from engines.core.paths.keyframes import KeyedPath, Keyframe
from tests.engines.core.examples import camera_at

KEYED = Project(camera_path=KeyedPath((Keyframe(camera_at(1, 2, 3), 0.0),)))


class Worked:
    """A project that a test changes."""

    def __init__(self, folder: Path) -> None:
        self.now = Project()
        self.open = OpenProject(lambda: self.now, folder / "autosaves")
        self.told: list[str] = []
        self.open.changed.connect(lambda: self.told.append("changed"))
        self.open.autosaved.connect(lambda: self.told.append("autosaved"))

    def unsaved(self) -> bool:
        return self.open.unsaved


@pytest.fixture
def worked(tmp_path: Path) -> Worked:
    return Worked(tmp_path)


def autosaves(folder: Path) -> list[Path]:
    return sorted((folder / "autosaves").glob("*.vantage"))


def test_to_open_a_scene_asks_for_nothing(worked: Worked, tmp_path: Path) -> None:
    worked.now = Project(scenes=(ProjectScene(path=tmp_path / "a.pth"),), export={"fps": 3.0})
    worked.open.look()
    assert not worked.unsaved() and not worked.told and not autosaves(tmp_path)


def test_keys_are_kept_until_they_are_saved(worked: Worked, tmp_path: Path) -> None:
    worked.now = KEYED
    assert worked.unsaved()
    worked.open.look()
    assert worked.told == ["changed", "autosaved"]
    assert [project_text(read_project(file)) for file in autosaves(tmp_path)] == [project_text(KEYED)]
    worked.open.look()
    assert worked.told == ["changed", "autosaved"], "written again though nothing changed"
    worked.open.save(tmp_path / "a.vantage")
    assert not worked.unsaved() and worked.told[2:] == ["changed"] and not autosaves(tmp_path)
    assert not list((tmp_path / "autosaves").iterdir())


def test_of_a_saved_project_everything_but_the_view_counts(worked: Worked, tmp_path: Path) -> None:
    worked.now = Project(scenes=(ProjectScene(path=tmp_path / "a.pth"),))
    worked.open.save(tmp_path / "a.vantage")
    view = ProjectView(camera=camera_at(1, 2, 3), pivot=(0, 0, 0), up=(0, 0, 1))
    worked.now = worked.now.model_copy(update={"view": view})
    assert not worked.unsaved()
    worked.now = worked.now.model_copy(update={"export": {"fps": 3.0}})
    assert worked.unsaved()
    worked.open.look()
    (kept,) = autosaves(tmp_path)
    assert read_project(kept).saved_as == tmp_path / "a.vantage" and read_project(kept).view is not None
    worked.now = worked.now.model_copy(update={"export": {}})
    worked.open.look()
    assert not worked.unsaved() and not autosaves(tmp_path)


def test_what_is_given_up_is_not_offered_again(worked: Worked, tmp_path: Path) -> None:
    worked.now = KEYED
    worked.open.look()
    worked.open.give_up()
    assert not autosaves(tmp_path)


def test_what_a_running_program_keeps_is_not_offered(tmp_path: Path) -> None:
    running = Autosave(tmp_path)
    running.write(KEYED)
    assert running.file.is_file() and recoverable(tmp_path) == []
    running.discard()
    assert recoverable(tmp_path) == [] and not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_program_that_is_killed_leaves_it(tmp_path: Path) -> None:
    file = tmp_path / "source.vantage"
    write_project(file, KEYED)
    code = (
        "import sys, time; from pathlib import Path; from app.project.autosave import Autosave\n"
        "from app.project.project_file import read_project\n"
        "project = read_project(Path(sys.argv[1])).model_copy(update={'saved_as': Path('/kept/car.vantage')})\n"
        "kept = Autosave(Path(sys.argv[2])); kept.write(project); print('written', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", code, str(file), str(tmp_path / "left")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "written\n"
            assert recoverable(tmp_path / "left") == []
        finally:
            os.kill(process.pid, signal.SIGKILL)
    (left,) = recoverable(tmp_path / "left")
    assert left.name == "car.vantage" and left.changed_at <= time.time()
    found = read_project(left.file)
    assert project_text(found.model_copy(update={"saved_as": None})) == project_text(KEYED)
    forget(left)
    assert not list((tmp_path / "left").iterdir())


def test_only_the_newest_are_kept_and_damaged_ones_passed_over(tmp_path: Path) -> None:
    (tmp_path / "damaged.vantage").write_text("{")
    for number in range(MOST_KEPT + 3):
        write_project(tmp_path / f"{number:02d}.vantage", KEYED)
        os.utime(tmp_path / f"{number:02d}.vantage", (number, number))
    found = recoverable(tmp_path)
    assert [each.changed_at for each in found] == [float(number) for number in range(MOST_KEPT + 2, 2, -1)]
    assert not (tmp_path / "02.vantage").exists() and (tmp_path / "03.vantage").exists()
    assert found[0].name == "an unsaved project"
    assert isinstance(found[0], Recoverable) and recoverable(tmp_path / "nowhere") == []
