"""Which time step each frame of a video shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.export.frame_times import path_times, playing, running
from app.gui.export.export_settings import RUNS, STANDS, ExportSettings, make_export
from app.viewing.opening import Opened
from app.viewing.viewpoints import view_at
from engines.core.data.dataset import Dataset
from engines.core.data.views import View, Views
from engines.core.engine import TIME, Control
from engines.core.paths.path_files import read_content, write_path
from engines.core.storage.checkpoint import Checkpoint
from tests.app.ball_scene import BallScene
from tests.app.recorded import RecordedScene
from tests.engines.core.examples import camera_ring

TIME_STEPS = Control(TIME, "Time step", "time", 0, 3, 0)
BOX, UP = np.array([[-1.0] * 3, [1.0] * 3]), np.array([0.0, 0, 1])


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Four time steps of two cameras."""
    views = [
        View(camera, f"{time}/{index}", image_path=tmp_path / "none.png", time=time, camera_index=index)
        for time in range(4)
        for index, camera in enumerate(camera_ring(2))
    ]
    dataset = Dataset(Views.of(views), tmp_path, "recording", BOX, UP)
    return Opened(RecordedScene(4), Checkpoint("fake", {}, 0, {}), dataset, tmp_path / "scene.pth")


def _times(frames: list[dict[str, float]]) -> list[float]:
    return [frame[TIME] for frame in frames]


def test_time_runs_with_the_frames_and_begins_again(opened: Opened) -> None:
    assert running(TIME_STEPS, 6) == [0, 1, 2, 3, 0, 1]
    assert _times(playing(opened.scene, {}, 6)) == [0, 1, 2, 3, 0, 1]
    assert playing(BallScene(), {"glow": 1.0}, 2) == [{"glow": 1.0}] * 2


def test_a_path_holds_the_time(opened: Opened, tmp_path: Path) -> None:
    write_path(tmp_path / "path.json", camera_ring(3), [3, 3, 0])
    said = read_content(tmp_path / "path.json", opened.scene.start).times_said
    assert said is not None
    held = path_times(opened, said, {})
    assert held == [3, 3, 0]
    assert _times(playing(opened.scene, {}, 3, held)) == [3, 3, 0]
    assert _times(playing(opened.scene, {}, 2, held)) == [3, 3]
    assert path_times(replace(opened, dataset=None), said, {}) == held


def test_photographs_have_their_own(opened: Opened) -> None:
    assert opened.dataset is not None
    assert path_times(opened, opened.dataset.views, {}) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_photographs_of_one_moment_hold_none(opened: Opened) -> None:
    assert opened.dataset is not None
    still = replace(opened, dataset=replace(opened.dataset, views=opened.dataset.views.at_time(0)))
    assert still.dataset is not None and path_times(still, still.dataset.views, {}) is None


@pytest.mark.parametrize(
    ("chosen", "times"),
    [
        (ExportSettings(frames=5, time=RUNS), [0, 1, 2, 3, 0]),
        (ExportSettings(frames=5, time=STANDS), [2, 2, 2, 2, 2]),
        (ExportSettings(path="split:train", time=RUNS), [0, 0, 1, 1, 2, 2, 3, 3]),
    ],
)
def test_as_it_is_chosen_in_the_window(opened: Opened, chosen: ExportSettings, times: list[int]) -> None:
    export = make_export(chosen, opened, opened.scene.start, UP, {TIME: 2.0})
    assert export.controls is not None and [round(frame[TIME]) for frame in export.controls] == times


def test_a_camera_at_another_moment(opened: Opened) -> None:
    dataset = opened.dataset
    assert dataset is not None
    view = dataset.views[1]
    assert view_at(dataset, view, 2).name == "2/1"
    # A recording that is shorter than the others stays at its end, as the scene does.
    assert view_at(dataset, view, 9).name == "3/1"
    moved_about = replace(view, camera_index=None)
    assert view_at(dataset, moved_about, 2) is moved_about
