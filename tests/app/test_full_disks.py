"""No room, or a place that can't be written: one line, and nothing is left that was not there."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from app.capture.colmap.output_files import taken_back
from app.capture.sharp_frames import write_sharpest
from app.cli import main
from app.export.video import VideoWriter
from app.training.loop import run_training
from engines.core.engine import never_stop
from engines.core.errors import Unwritable, UserError
from engines.core.files import unwritable
from engines.core.storage.run_folder import CONFIG_NAME, taken_back_unsaved
from tests.engines.core.examples import no_room_beyond

NO_ROOM = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("room", [30, 300, 3000, 30_000])
def test_a_training_without_room_leaves_nothing(room: int, photographs: Path, tmp_path: Path) -> None:
    values = {"grid_dim": 16, "max_steps": 1, "checkpoint_every": 1, "validate_every": 1}
    with pytest.raises(Unwritable, match="can't be written") as caught, no_room_beyond(room):
        run_training(
            "colour_grid", photographs, tmp_path / "a" / "run", values, "cpu", False, lambda _: None, never_stop
        )
    assert "--resume" not in str(caught.value) and list(tmp_path.iterdir()) == []


def test_what_was_in_a_run_folder_before_stays(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text("lr: 1")
    with pytest.raises(Unwritable), taken_back_unsaved(tmp_path):
        (tmp_path / "history.jsonl").touch()
        (tmp_path / "held_out").mkdir()
        (tmp_path / "notes.txt").touch()
        raise unwritable(tmp_path, NO_ROOM)
    assert sorted(path.name for path in tmp_path.iterdir()) == [CONFIG_NAME, "notes.txt"]


def test_a_run_that_was_saved_stays(tmp_path: Path) -> None:
    with pytest.raises(Unwritable), taken_back_unsaved(tmp_path):
        (tmp_path / CONFIG_NAME).touch()
        (tmp_path / "training.pt").touch()
        raise unwritable(tmp_path, NO_ROOM)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("room", [10, 100, 250])
@pytest.mark.parametrize("layout", ["deepvoxels", "srn", "llff"])
def test_a_sample_without_room_leaves_nothing(
    layout: str, room: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = {"deepvoxels": ["--views", "1"], "srn": ["--views", "1", "--instances", "1"], "llff": ["--frames", "1"]}
    words = ["sample", str(tmp_path / "toys"), "--format", layout, "--size", "32", "--samples", "1", *more[layout]]
    with no_room_beyond(room):
        assert main(words) == 1
    assert "can't be written" in capsys.readouterr().err and list(tmp_path.iterdir()) == []


def test_a_sample_that_was_begun_keeps_what_it_has_when_it_goes_on(tmp_path: Path) -> None:
    words = ["sample", str(tmp_path / "toys"), "--size", "16", "--samples", "1", "--views", "1"]
    assert main(words) == 0
    mark = tmp_path / "toys" / ".unfinished-sample"
    mark.write_text(
        '{"format": "deepvoxels", "seed": 0, "size": 16, "objects": null, "views": 1, "frames": null, "samples": 1}'
    )
    before = sorted((tmp_path / "toys").rglob("*"))
    with no_room_beyond(40):
        assert main(words) == 1
    assert sorted((tmp_path / "toys").rglob("*")) == before


def test_frames_of_a_film_without_room_leave_nothing_and_earlier_ones_stay(tmp_path: Path) -> None:
    video, frames = tmp_path / "video.mp4", tmp_path / "walk" / "images"
    noise = np.random.default_rng(0).integers(0, 255, (4, 48, 64, 3), dtype=np.uint8)
    with VideoWriter(video, (64, 48)) as writer:
        writer.write(np.zeros_like(noise[0]))
        for picture in noise:
            writer.write(picture)
    with pytest.raises(Unwritable), no_room_beyond(2000):
        write_sharpest(video, frames, 5)
    assert not frames.parent.exists()
    written = write_sharpest(video, frames, 5)
    written[-1].unlink()
    with pytest.raises(Unwritable), no_room_beyond(2000):
        write_sharpest(video, frames, 5)
    assert sorted(frames.iterdir()) == written[:-1]


@pytest.mark.parametrize("kept", [True, False])
def test_a_work_folder_goes_unless_it_holds_what_the_user_had(kept: bool, tmp_path: Path) -> None:
    work = tmp_path / "colmap"
    with pytest.raises(Unwritable), taken_back(work):
        (work / "models").mkdir()
        (work / "database.db").touch()
        if kept:
            (work / "replaced" / "pending").mkdir(parents=True)
            (work / "replaced" / "pending" / "transforms.json").touch()
        raise unwritable(work, NO_ROOM)
    assert work.exists() == kept


def test_a_work_folder_of_before_stays(tmp_path: Path) -> None:
    with pytest.raises(Unwritable), taken_back(tmp_path):
        (tmp_path / "database.db").touch()
        raise unwritable(tmp_path, NO_ROOM)
    with pytest.raises(UserError, match="few"), taken_back(tmp_path / "new"):
        (tmp_path / "new" / "database.db").touch()
        raise UserError("too few")
    assert (tmp_path / "database.db").exists() and (tmp_path / "new" / "database.db").exists()
