"""TensorBoard's files of a run stand in the order that they were made in."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from app.training import run_events
from app.training.run_events import begin_events
from engines.core.storage.run_folder import EVENTS_START


def scalars(folder: Path) -> list[tuple[int, float]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return [(event.step, event.value) for event in events.Scalars("loss")]


def test_a_file_of_the_same_second_does_not_stand_behind(tmp_path: Path) -> None:
    # By another process, in the same second, with a name that sorts last.
    first = begin_events(tmp_path, 1)
    first.add_scalar("loss", 1.0, 1)
    first.close()
    (made,) = tmp_path.glob(f"{EVENTS_START}*")
    # As far ahead as clocks of two machines are apart, too.
    last = made.rename(tmp_path / f"{EVENTS_START}{int(time.time()) + 1:010d}.zzz.1.0")
    second = begin_events(tmp_path, 2)
    second.add_scalar("loss", 2.0, 2)
    second.close()
    assert sorted(path.name for path in tmp_path.iterdir())[0] == last.name
    assert len(list(tmp_path.iterdir())) == 2
    assert scalars(tmp_path) == [(1, 1.0), (2, 2.0)]


def test_a_clock_that_was_put_back_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = list[float]()
    monkeypatch.setattr(time, "sleep", waited.append)
    (tmp_path / f"{EVENTS_START}9999999999.zzz.1.0").touch()
    begin_events(tmp_path, 1).close()
    assert len(waited) == run_events.MOST_SECONDS and len(list(tmp_path.iterdir())) == 2
