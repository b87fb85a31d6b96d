"""Work beside the window: the newest wins, answers come by the window's thread, and it ends being busy."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import pytest

from app.viewing.background_work import BackgroundWork, Tell
from engines.core.engine import Stop
from engines.core.errors import Cancelled

WAIT_S = 60.0


class Loop:
    """Stands for the window's thread: takes what was posted when the test says so."""

    def __init__(self) -> None:
        self.posted: queue.Queue[Callable[[], object]] = queue.Queue()

    def run(self) -> None:
        """Runs the next call that is posted."""
        self.posted.get(timeout=WAIT_S)()


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def work(loop: Loop) -> BackgroundWork:
    return BackgroundWork(loop.posted.put, "work")


def fail(error: BaseException) -> None:
    raise error


def test_what_it_tells_and_gives_comes_in_order(work: BackgroundWork, loop: Loop) -> None:
    heard: list[object] = []

    def count(tell: Tell, stop: Stop) -> str:
        tell(lambda: heard.append((1, work.busy)))
        return "done"

    busy = [work.busy]
    work.begin(count, heard.append, fail)
    for _ in range(2):
        busy.append(work.busy)
        loop.run()
    assert busy == [False, True, True]
    assert heard == [(1, True), "done"] and not work.busy


def test_an_error_is_handed_on(work: BackgroundWork, loop: Loop) -> None:
    heard: list[BaseException] = []
    work.begin(lambda tell, stop: 1 // 0, fail, heard.append)
    loop.run()
    assert isinstance(heard[0], ZeroDivisionError) and not work.busy


def test_a_newer_one_stops_the_older_which_is_not_heard_any_more(work: BackgroundWork, loop: Loop) -> None:
    heard: list[object] = []
    stopped = threading.Event()

    def older(tell: Tell, stop: Stop) -> str:
        tell(lambda: heard.append("older began"))
        while not stop():
            pass
        stopped.set()
        return "older"

    work.begin(older, heard.append, fail)
    loop.run()
    work.begin(lambda tell, stop: "newer", heard.append, fail)
    assert stopped.wait(WAIT_S)
    loop.run()
    loop.run()
    assert heard == ["older began", "newer"] and not work.busy


def test_one_that_gives_up_by_itself_is_not_under_way_any_more(work: BackgroundWork, loop: Loop) -> None:
    def give_up(tell: Tell, stop: Stop) -> None:
        raise Cancelled

    work.begin(give_up, fail, fail)
    loop.run()
    assert not work.busy


def test_what_was_stopped_says_nothing(work: BackgroundWork, loop: Loop) -> None:
    heard: list[object] = []
    work.begin(lambda tell, stop: "done", heard.append, fail)
    work.stop()
    assert not work.busy
    loop.run()
    assert heard == []
