"""Runs as rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.training.runs.library import Run
from app.training.runs.queue import QueuedRun
from app.training.runs.rows import RunRow, rows_of
from tests.app.training.runs.listed import job, run


def test_a_row_says_how_far_its_run_is(tmp_path: Path) -> None:
    old = run(tmp_path / "old")

    def said(job: QueuedRun | None, run: Run | None) -> tuple[str, str, float | None]:
        row = RunRow(tmp_path / "old", "colour_film", job, run)
        return row.state, row.steps, row.psnr

    assert said(None, old) == ("stopped", "5 / 9", 20.0)
    assert said(None, replace(old, step=9)) == ("finished", "9", 20.0)
    assert said(None, replace(old, training=True)) == ("training elsewhere", "5 / 9", 20.0)
    assert said(None, replace(old, folder=tmp_path / "none", step=0)) == ("nothing saved", "0 / 9", 20.0)
    assert said(job(tmp_path / "old", "waiting"), None) == ("waiting", "", None)
    # What it trains itself is claimed, too, and further than what lies on the disk.
    under_way = job(tmp_path / "old", "running", 7, psnr=25.0)
    assert said(under_way, replace(old, training=True)) == ("training", "7 / 9", 25.0)
    assert said(job(tmp_path / "old", "failed", 7), old) == ("failed", "5 / 9", 20.0)
    assert said(job(tmp_path / "old", "stopped", 5), old) == ("stopped", "5 / 9", 20.0)


def test_a_run_and_its_job_are_one_row(tmp_path: Path) -> None:
    runs = [run(tmp_path / name) for name in ("a", "b")]
    rows = rows_of([job(tmp_path / "b", "running"), job(tmp_path / "new", "waiting")], runs)
    assert [(row.folder.name, row.job is not None, row.run is not None) for row in rows] == [
        ("b", True, True),
        ("new", True, False),
        ("a", False, True),
    ]
