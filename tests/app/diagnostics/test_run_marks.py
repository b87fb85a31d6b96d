"""Runs that crashed or were killed are found at the next start, once; others are not."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.diagnostics.log_file import last_lines, log_folder, logged
from app.diagnostics.run_marks import find_unexpected_ends, marked, take_untold_ends
from tests.engines.core.examples import no_room_beyond

ROOT = Path(__file__).resolve().parents[3]
BEGIN = (
    "import ctypes, sys, time; sys.path.insert(0, '.')\n"
    "from app.diagnostics.log_file import logged\n"
    "with logged({command!r}, []):\n"
    "    print('begun', flush=True)\n"
    "    {work}\n"
)


def run(command: str, work: str, number: signal.Signals | None = None) -> int:
    code = BEGIN.format(command=command, work=work)
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "begun\n"
        if number is not None:
            process.send_signal(number)
        return process.wait(60)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_crash_of_native_code_is_found_with_its_trace_and_told_once(own_settings: Path) -> None:
    assert run("view", "ctypes.string_at(0)") == -signal.SIGSEGV
    with logged("info", []):
        pass
    log = "\n".join(last_lines(50))
    assert "ERROR app.diagnostics.log_file: view, begun" in log and "it crashed" in log
    assert "Segmentation fault" in log and "string_at" in log
    # Also where a command was begun in between, the next window tells of it; and no window after that.
    (end,) = take_untold_ends(log_folder())
    assert end.command == "view" and "Segmentation fault" in end.trace
    assert take_untold_ends(log_folder()) == [] == find_unexpected_ends(log_folder())


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_run_that_was_killed_is_found(own_settings: Path) -> None:
    assert run("train", "time.sleep(60)", signal.SIGKILL) == -signal.SIGKILL
    (end,) = find_unexpected_ends(log_folder())
    assert (end.command, end.trace) == ("train", "") and "was killed, or the machine went off" in end.text
    # The terminal, or the window that trained, told of it.
    assert take_untold_ends(log_folder()) == []


def test_a_run_that_ends_leaves_no_mark_whichever_way_it_ends(tmp_path: Path) -> None:
    with marked(tmp_path, "view"):
        assert [path.name for path in tmp_path.iterdir()] == [f"run-{os.getpid()}.txt"]
        # It works: it has not ended.
        assert find_unexpected_ends(tmp_path) == []
    with pytest.raises(ZeroDivisionError), marked(tmp_path, "view"):
        _ = 1 // 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("room", [0, 10])
def test_a_full_disk_is_no_reason_to_stop(tmp_path: Path, room: int) -> None:
    with no_room_beyond(room), marked(tmp_path, "view"):
        pass
    assert list(tmp_path.iterdir()) == []


def write_mark(folder: Path, **facts: object) -> None:
    told = {"command": "view", "node": platform.node(), "pid": os.getpid(), "began": 1e9, "process_began": 1e9} | facts
    (folder / f"run-{told['pid']}.txt").write_text(json.dumps(told) + "\n")


def test_another_process_that_got_the_number_later_is_not_taken_for_the_run(tmp_path: Path) -> None:
    write_mark(tmp_path)
    assert [end.command for end in find_unexpected_ends(tmp_path)] == ["view"]


def test_runs_of_other_machines_that_share_the_home_are_left_alone(tmp_path: Path) -> None:
    write_mark(tmp_path, node="elsewhere")
    assert find_unexpected_ends(tmp_path) == [] and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("text", ["", "{}", "[]\n", "nonsense\n", '{"node": 3, "pid": "x"}\n'])
def test_damaged_marks_tell_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "run-1.txt").write_text(text)
    assert find_unexpected_ends(tmp_path) == []
