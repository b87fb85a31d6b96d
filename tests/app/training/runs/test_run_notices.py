"""What is told of runs."""

from __future__ import annotations

from pathlib import Path

from app.training.runs.run_notices import EndNotice, end_notice, quit_question
from tests.app.training.runs.listed import job

CAR, VAN, BUS = Path("runs/car"), Path("runs/van"), Path("runs/bus")


def test_how_a_run_ended() -> None:
    scored = EndNotice(
        "info", "car is trained, PSNR 22.50 dB on held-out views.", "car is trained",
        "9 steps, PSNR 22.50 dB on held-out views", True,
    )  # fmt: skip
    assert end_notice(job(CAR, "finished", 9, psnr=22.5)) == scored
    assert end_notice(job(CAR, "finished", 9)).text == "car is trained."
    failed = end_notice(job(CAR, "failed", text="car: no memory"))
    assert failed == EndNotice("error", "car: no memory", "car: the training ended", "car: no memory")
    # Whoever stops it sees it end.
    assert end_notice(job(CAR, "stopped", 5)) == EndNotice("info", "car is saved; it can be resumed at any time.")


def test_what_is_lost_where_the_program_ends() -> None:
    now = job(CAR, "running", 3)
    assert quit_question(None, []) == ""
    assert quit_question(now, []).startswith("car is being trained. Quitting saves it")
    assert quit_question(now, [job(VAN, "waiting")]).splitlines()[1] == "1 more that waits is not begun."
    both = quit_question(None, [job(VAN, "waiting"), job(BUS, "waiting")])
    assert both == "2 more that wait are not begun."
