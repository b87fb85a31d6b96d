"""Small pictures of photographs: what they show, in which order they come, and that their thread ends."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

import app.viewing.small_pictures
from app.viewing.small_pictures import FilePictures, SmallPictures, small_picture
from engines.core.camera import Array
from engines.core.data.images import write_png
from engines.core.errors import UserError

WAIT_S = 60.0
RED, BLUE = (255, 0, 0), (0, 0, 255)


def write(path: Path, colour: tuple[int, int, int], size_px: tuple[int, int] = (30, 30)) -> Path:
    write_png(path, np.full((size_px[1], size_px[0], 3), colour, dtype=np.uint8))
    return path


def test_a_photograph_keeps_its_shape_and_what_is_transparent_is_white(tmp_path: Path) -> None:
    small = small_picture(write(tmp_path / "wide.png", RED, (60, 30)), 20)
    assert small.shape == (10, 20, 3) and (small == RED).all()
    cv2.imwrite(str(tmp_path / "clear.png"), np.zeros((30, 30, 4), np.uint8))
    assert (small_picture(tmp_path / "clear.png", 20) == 255).all()


def test_a_folder_is_its_first_photographs(tmp_path: Path) -> None:
    for number, colour in enumerate((RED, BLUE, BLUE, RED, BLUE)):
        write(tmp_path / f"{number}.png", colour)
    small = small_picture(tmp_path, 22)
    assert small.shape == (22, 22, 3)
    corners = [tuple(small[y, x]) for y in (5, 16) for x in (5, 16)]
    assert corners == [RED, BLUE, BLUE, RED] and (small[10:12] == 255).all()


@pytest.mark.parametrize("content", [None, b"text", "folder"])
def test_what_is_none_is_said(tmp_path: Path, content: object) -> None:
    path = tmp_path / "none.png"
    if content == "folder":
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"none\.png"):
        small_picture(path, 20)


def test_they_come_in_order_and_again_where_a_file_has_changed(tmp_path: Path) -> None:
    told: queue.Queue[tuple[Path, Array | None]] = queue.Queue()
    small = SmallPictures(FilePictures(20), lambda path, pixels: told.put((path, pixels)))
    first, second, gone = write(tmp_path / "a.png", RED), write(tmp_path / "b.png", RED), tmp_path / "gone.png"
    small.want([second, gone, first])
    come = [told.get(timeout=WAIT_S) for _ in range(3)]
    assert [path for path, _ in come] == [second, gone, first] and come[1][1] is None
    write(second, BLUE, (31, 31))
    small.want([first, second])
    again = dict(told.get(timeout=WAIT_S) for _ in range(2))
    changed = again[second]
    assert again[first] is come[2][1] and changed is not None and (changed == BLUE).all()
    small.close()


def test_closing_ends_the_thread_and_tells_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, go_on, told = threading.Event(), threading.Event(), list[Path]()

    def read(path: Path, side_px: int) -> Array:
        reading.set()
        go_on.wait(WAIT_S)
        return np.zeros((side_px, side_px, 3), np.uint8)

    monkeypatch.setattr(app.viewing.small_pictures, "small_picture", read)
    small = SmallPictures(FilePictures(20), lambda path, _: told.append(path))
    small.close()
    small = SmallPictures(FilePictures(20), lambda path, _: told.append(path))
    small.want([write(tmp_path / f"{number}.png", RED) for number in range(5)])
    assert reading.wait(WAIT_S)
    threading.Timer(0.1, go_on.set).start()
    small.close()
    assert told == [] and "small pictures" not in {thread.name for thread in threading.enumerate()}
    # A disk that never answers is not waited for for ever.
    monkeypatch.setattr(app.viewing.small_pictures, "LONGEST_END_S", 0.05)
    reading.clear()
    go_on.clear()
    small = SmallPictures(FilePictures(20), lambda path, _: told.append(path))
    small.want([tmp_path / "0.png"])
    assert reading.wait(WAIT_S)
    small.close()
    go_on.set()
    small.want([tmp_path / "1.png"])
    assert told == []
