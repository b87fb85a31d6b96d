"""What another process is asked for comes back, in order; so does how it ended."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.capture.colmap.colmap_process import MOST_TOLD, Work, run_colmap
from engines.core.engine import never_stop
from engines.core.errors import Cancelled, Unwritable, UserError
from tests.app.colmap_work import deaf, doubled, dying, endless, failing, imported

PLACE = Path(__file__).parents[1]


def test_the_result_and_what_was_told_before_come_back(capfd: pytest.CaptureFixture[str]) -> None:
    told = list[tuple[str, object]]()
    assert run_colmap(doubled, 21, PLACE, never_stop, lambda *message: told.append(message)) == 42
    assert told == [("features", (21, 42, ""))]
    assert capfd.readouterr().out == ""


def test_errors_are_one_line_of_a_readable_length() -> None:
    with pytest.raises(UserError) as caught:
        run_colmap(failing, "no\n" * 1000, PLACE, never_stop)
    text = str(caught.value)
    assert text.startswith("COLMAP failed: RuntimeError: no no no") and "\n" not in text
    assert len(text) <= len("COLMAP failed: ") + MOST_TOLD


@pytest.mark.parametrize("said", ["OSError: [Errno 28] No space left on device: 'pairs.txt'", "it is full"])
def test_a_full_disk_is_called_so(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if "Errno" not in said:
        monkeypatch.setattr("app.capture.colmap.colmap_process.is_full", lambda _: True)
    with pytest.raises(Unwritable, match=rf"{PLACE}: can't be written, the disk is full"):
        run_colmap(failing, said, PLACE, never_stop)


def test_a_process_that_ends_without_a_word_is_told_with_its_exit_code() -> None:
    with pytest.raises(UserError, match=r"COLMAP ended unexpectedly \(exit code 7\)"):
        run_colmap(dying, 7, PLACE, never_stop)


@pytest.mark.parametrize("work", [endless, deaf])
def test_it_is_ended_when_it_is_to_stop(work: Work) -> None:
    processes = list[int]()
    with pytest.raises(Cancelled):
        run_colmap(work, 600.0, PLACE, lambda: bool(processes), lambda _, process: processes.append(process))
    with pytest.raises(ProcessLookupError):
        os.kill(processes[0], 0)


def test_it_begins_without_what_only_scenes_need() -> None:
    packages = run_colmap(imported, "app.capture.colmap.colmap_worker", PLACE, never_stop)
    assert "cv2" in packages and not {"torch", "pydantic", "scipy"} & set(packages)
