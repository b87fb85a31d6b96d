"""Which runs can go on, and what has to be said for that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.training.runs.library import Run
from app.training.runs.queue import QueuedRun
from app.training.runs.resuming import ResumeForm, is_free, resumable
from app.training.runs.rows import RunRow
from app.training.runs.training_request import TrainingRequest
from engines.core.errors import UserError
from engines.core.storage.run_folder import write_run_checkpoint
from tests.app.training.runs.listed import job, run
from tests.engines.core.examples import checkpoint


@pytest.fixture
def saved(tmp_path: Path) -> Run:
    """It has done 5 of 9 steps; its data is there."""
    write_run_checkpoint(tmp_path / "car", checkpoint(step=5))
    (tmp_path / "data").mkdir()
    return replace(run(tmp_path / "car"), data=tmp_path / "data")


def row(found: Run | None, of: QueuedRun | None = None) -> RunRow:
    return RunRow(Path("car"), "colour_film", of, found)


def test_what_nobody_trains_and_was_saved_can_go_on(saved: Run, tmp_path: Path) -> None:
    assert resumable(row(saved)) == ResumeForm(saved)
    assert resumable(row(saved, job(saved.folder, "stopped", 5))) is not None
    assert resumable(row(None)) is None and resumable(row(run(tmp_path / "scene_only"))) is None
    for status in ("waiting", "starting", "running", "paused", "stopping"):
        taken = row(saved, job(saved.folder, status, 5))
        assert not is_free(taken) and resumable(taken) is None
    assert not is_free(row(replace(saved, training=True)))


def test_it_goes_on_as_far_as_it_was_to(saved: Run) -> None:
    form = ResumeForm(saved)
    assert form.data == saved.data and form.least_steps is None
    assert form.request(form.data) == TrainingRequest("colour_film", saved.data, saved.folder, resume=True)


def test_one_that_has_done_all_is_asked_how_far(saved: Run) -> None:
    form = ResumeForm(replace(saved, step=9))
    assert form.least_steps == 10 and form.usual_steps == 18
    assert form.request(saved.data, 18).settings == {"max_steps": 18}
    for steps in (None, 9):
        with pytest.raises(UserError, match="name a step from 10 on"):
            form.request(saved.data, steps)


def test_data_that_is_gone_is_to_be_named(saved: Run, tmp_path: Path) -> None:
    form = ResumeForm(replace(saved, data=tmp_path / "gone"))
    assert form.data is None
    with pytest.raises(UserError, match="gone is gone: name the folder that car trains on"):
        form.request(form.data)
    assert form.request(saved.data).data == saved.data
