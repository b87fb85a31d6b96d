"""A training in a process of its own: steered, frozen, killed, left alone. What it learns does not depend on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import pytest

from app.training.loop import Report, run_training
from app.training.run_history import RECENT
from app.training.runs import run_process
from app.training.runs.messages import Ended, Failed, Live, Message, Paused, Standing
from app.training.runs.run_process import RunProcess
from app.training.runs.supervised_run import SupervisedRun
from app.training.runs.training_request import TrainingRequest
from engines.core.engine import Scene, never_stop
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.run_folder import LIVE_NAME, is_claimed, read_run_training
from engines.core.storage.scene_file import read_scene_header
from tests.app.same_runs import equal, flattened
from tests.engines.core.examples import checkpoint, no_room_beyond

pytestmark = pytest.mark.slow

PATIENCE_S = 120
EACH = {"validate_every": 10**9, "checkpoint_every": 10**9}


class Watching:
    """A process and what it has said."""

    def __init__(self, request: TrainingRequest) -> None:
        self.said: list[Message] = []
        self._changed = threading.Condition()
        self.process = RunProcess(request, self._hear)

    def _hear(self, message: Message) -> None:
        with self._changed:
            self.said.append(message)
            self._changed.notify_all()

    def wait_for(self, wanted: Callable[[Message], bool], after: int = 0) -> int:
        """How much had been said when it said so."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: any(wanted(message) for message in self.said[after:]), timeout=PATIENCE_S
            ), self.said[after:]
            return next(n for n, message in enumerate(self.said) if n >= after and wanted(message)) + 1

    @property
    def last(self) -> Message:
        assert self.process.wait(PATIENCE_S)
        return self.said[-1]


def learns(message: Message) -> bool:
    return isinstance(message, Standing) and message.step > 0


def live_step(message: Message) -> int:
    assert isinstance(message, Live)
    return message.step


def silently(report: Report) -> None:
    """Tells nobody."""


def request(data: Path, out: Path, **settings: object) -> TrainingRequest:
    return TrainingRequest("colour_grid", data, out, settings={**EACH, **settings}, device="cpu")


def test_a_run_that_is_steered_in_every_way_learns_what_it_would_have_learnt(photographs: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    run = Watching(request(photographs, out, max_steps=10**9))
    said = run.wait_for(learns)
    assert is_claimed(out)
    run.process.send("live")
    said = run.wait_for(lambda message: isinstance(message, Live), said)
    assert read_scene_header(out / LIVE_NAME)["step"] >= live_step(run.said[said - 1])
    run.process.send("pause")
    said = run.wait_for(lambda message: message == Paused(True), said)
    run.process.send("live")
    said = run.wait_for(lambda message: isinstance(message, Live), said)
    paused_at = live_step(run.said[said - 1])
    run.process.send("go on")
    said = run.wait_for(lambda message: message == Paused(False), said)
    assert not any(isinstance(message, Standing) and message.step > paused_at for message in run.said[:said])
    said = run.wait_for(learns, said)
    run.process.hold()
    run.process.hold()
    _wait_until(lambda: psutil.Process(run.process.pid).status() == psutil.STATUS_STOPPED)
    run.process.release()
    run.wait_for(learns, len(run.said))
    # Held once more: to stop is to be woken.
    run.process.hold()
    run.process.send("stop")
    ended = run.last
    assert isinstance(ended, Ended) and ended.stopped and ended.step > paused_at
    assert not is_claimed(out) and not (out / LIVE_NAME).exists()
    straight_on = {**EACH, "max_steps": ended.step}
    run_training("colour_grid", photographs, tmp_path / "straight", straight_on, "cpu", False, silently, never_stop)
    steered, straight = read_run_training(out), read_run_training(tmp_path / "straight")
    assert steered.step == straight.step == ended.step
    assert equal(steered.weights, straight.weights)
    # The one that was stopped keeps the losses of a history line that the other, at its end, has written.
    states = [{**(run.training or {}), RECENT: None} for run in (steered, straight)]
    assert flattened(states[0]) == flattened(states[1])


WATCHER = """
import sys, time
from pathlib import Path
from app.training.runs.messages import Standing
from app.training.runs.training_request import TrainingRequest
from app.training.runs.run_process import RunProcess
from tests.app.training.runs.test_run_process import request

def hear(message):
    if isinstance(message, Standing) and message.step > 0 and not held:
        process.hold()
        held.append(process.pid)
        print(process.pid, flush=True)

held = []
process = RunProcess(request(Path(sys.argv[1]), Path(sys.argv[2]), max_steps=10**9), hear)
process.wait()
"""


def test_a_run_that_is_held_when_its_watcher_is_killed_saves_and_ends(photographs: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    # In a session of its own, as a window is that was begun from a desktop.
    watcher = subprocess.Popen(
        [sys.executable, "-c", WATCHER, str(photographs), str(out)],
        cwd=run_process.MAIN.parent,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert watcher.stdout is not None
    try:
        run = psutil.Process(int(watcher.stdout.readline()))
        _wait_until(lambda: run.status() == psutil.STATUS_STOPPED)
    finally:
        watcher.kill()
        watcher.wait()
        watcher.stdout.close()
    _wait_until(lambda: not run.is_running() or run.status() == psutil.STATUS_ZOMBIE)
    assert read_run_training(out).step > 0 and not is_claimed(out)


def _wait_until(so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not so():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_killed_run_fails_with_a_line_and_gives_its_folder_back(photographs: Path, tmp_path: Path) -> None:
    out = tmp_path / "a run"
    run = Watching(request(photographs, out, max_steps=10**9, checkpoint_every=1))
    run.wait_for(lambda message: isinstance(message, Standing) and message.saved)
    os.kill(run.process.pid, signal.SIGKILL)
    assert run.last == Failed(
        "a run: the training was killed, by somebody or because memory ran out; it can be continued from its last "
        "checkpoint",
        killed=True,
    )
    assert not is_claimed(out) and read_run_training(out).step > 0
    for command in ("pause", "live", "stop"):
        run.process.send(command)
    run.process.hold()
    run.process.release()
    run.process.leave()


def test_a_run_that_is_told_to_end_with_its_session_saves(photographs: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    run = Watching(request(photographs, out, max_steps=10**9))
    run.wait_for(learns)
    os.kill(run.process.pid, signal.SIGTERM)
    ended = run.last
    assert isinstance(ended, Ended) and ended.stopped and ended.step > 0
    assert read_run_training(out).step == ended.step


def test_an_error_is_told_word_by_word(tmp_path: Path) -> None:
    run = Watching(TrainingRequest("colour_grid", tmp_path / "nowhere", tmp_path / "run", device="cpu"))
    assert run.last == Failed(f"{tmp_path / 'nowhere'}: no such folder")
    assert run.said == [run.last]


def fake_main(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """The process runs `code` in the place of the training."""
    monkeypatch.setattr(run_process, "command", lambda words: [sys.executable, "-c", code])


def test_what_libraries_print_is_no_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_main(
        monkeypatch,
        "import os, sys\n"
        "sys.stdout.buffer.write(b'caf\\xe9 \\x00\\n{\\n')\n"
        "sys.stdout.flush()\n"
        "from app.training.runs.supervised_run import supervised\n"
        "with supervised() as run:\n"
        "    print('loading')\n"
        '    os.write(1, b\'{"kind": "live", "step": 3}\\n\')\n'
        "    run.ended(4, False)\n",
    )
    monkeypatch.chdir(run_process.MAIN.parent)
    run = Watching(TrainingRequest("colour_grid", tmp_path, tmp_path / "run"))
    assert run.last == Ended(4, False) and run.said == [Ended(4, False)]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import sys; sys.exit('vantage: no such thing')", "no such thing"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import os; os._exit(3)", "exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "exit code -11"),
        ("import sys; sys.stderr.write('E: x\\nvantage: this is a bug; please report it\\n')", "E: x"),
        ("import sys; sys.stderr.write('E: x\\nvantage: the method failed in a.py\\n')", "the method failed in a.py"),
    ],
)  # fmt: skip
def test_a_process_that_ends_without_a_word_is_told_by_its_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, told: str
) -> None:
    fake_main(monkeypatch, code)
    run = Watching(TrainingRequest("colour_grid", tmp_path, tmp_path / "car"))
    assert run.last == Failed(f"car: the training ended unexpectedly: {told}")


class Learning:
    """Stands for a training."""

    step_count = 3
    notes: tuple[str, ...] = ()

    def step(self) -> Mapping[str, float]:
        raise NotImplementedError

    def checkpoint(self) -> Checkpoint:
        return checkpoint(step=3)

    def scene(self) -> Scene:
        raise NotImplementedError

    def close(self) -> None:
        pass


def test_words_are_heard_in_any_order_and_others_passed_over(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as words, (tmp_path / "lines").open("w") as lines:
        run = SupervisedRun(words, lines)
        os.write(writing, b"nonsense\n\nPAUSE\ngo on\n")
        assert run.between(Learning(), tmp_path) < 1 and not run.stop()
        os.write(writing, b"pause\n")
        _wait_until(lambda: not run._may_go_on.is_set())
        os.write(writing, b"stop\n")
        # It waits no longer than until it is told to stop.
        run.between(Learning(), tmp_path)
        _wait_until(run.stop)
        os.close(writing)


def test_a_picture_that_can_not_be_written_ends_no_run(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as words, (tmp_path / "lines").open("w") as lines:
        run = SupervisedRun(words, lines)
        os.write(writing, b"live\n")
        _wait_until(run._live.is_set)
        with no_room_beyond(100):
            run.between(Learning(), tmp_path)
        os.write(writing, b"live\n")
        _wait_until(run._live.is_set)
        run.between(Learning(), tmp_path)
        os.close(writing)
        _wait_until(run.stop)
    assert (tmp_path / "lines").read_text().count("live") == 1 and (tmp_path / LIVE_NAME).is_file()
