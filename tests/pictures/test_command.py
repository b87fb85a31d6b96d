"""What is told of a picture that differs, and taking it over; all that is stored is pictured, and small."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from engines.core.camera import Array
from engines.core.data.images import write_png
from tests.pictures import __main__ as command
from tests.pictures import album
from tests.pictures.conftest import Judge
from tests.pictures.contents import PICTURES

MOST_BYTES = 3_000_000
NAMES = ("start_page", "scene")


def picture(level: int = 100) -> Array:
    return np.full((20, 30, 3), level, np.uint8)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two pictures are stored; the second one is drawn in another grey now."""
    monkeypatch.setattr(album, "STORED", tmp_path / "stored")
    monkeypatch.setattr(album, "NEW", tmp_path / "new")

    def draw(names: Sequence[str], to: Path) -> bool:
        for name in names:
            write_png(to / f"{name}.png", picture(100 if name == NAMES[0] else 120))
        return True

    monkeypatch.setattr(command, "draw", draw)
    for name in NAMES:
        album.store(name, picture())
    return tmp_path


def test_what_differs_is_told_in_a_line_and_shown_side_by_side(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(NAMES) == 1
    line, last = capsys.readouterr().out.splitlines()
    beside = folder / "new" / "scene-compared.png"
    assert line == (
        "scene: 600 pixels differ (columns 0 to 29, rows 0 to 19), by up to 20 of 255; "
        f"stored, new and difference: {beside}"
    )
    assert last == f"1 of 2 differ: {folder / 'new' / 'index.html'}"
    assert album.read(beside).shape == (20, 3 * 30 + 2 * 8, 3)
    page = (folder / "new" / "index.html").read_text(encoding="utf-8")
    assert "600 pixels differ" in page and "src='scene-compared.png'" in page and "start_page" not in page


def test_the_new_one_is_taken_over_and_what_is_pictured_no_more_is_forgotten(folder: Path) -> None:
    album.store("of_old", picture())
    assert command.main(["--accept", *NAMES]) == 0
    assert (album.read(album.stored_path("scene")) == 120).all()
    assert sorted(path.name for path in (folder / "stored").iterdir()) == ["scene.webp", "start_page.webp"]
    assert command.main(NAMES) == 0


def test_a_picture_that_is_not_stored_yet_is_taken_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    album.stored_path("scene").unlink()
    assert command.main(["scene"]) == 1
    assert capsys.readouterr().out.startswith("scene: is not stored yet\n")
    assert command.main(["--accept", "scene"]) == 0 and album.stored_path("scene").exists()


def test_what_could_not_be_drawn_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "draw", lambda names, to: False)
    assert command.main(["--accept", "scene"]) == 1
    assert capsys.readouterr().out.startswith("scene: was not drawn\n") and album.stored_path("scene").exists()


def test_no_other_name_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["nowhere"])
    assert "no picture nowhere; there are start_page, scene" in capsys.readouterr().err


def test_a_failing_test_says_where_to_look_and_how_to_take_it_over(folder: Path) -> None:
    judge = Judge()
    judge("start_page", picture())
    judge.conclude()
    judge("scene", picture(90))
    with pytest.raises(pytest.fail.Exception) as failed:
        judge.conclude()
    *_, line, last = str(failed.value).splitlines()
    assert line.endswith(str(folder / "new" / "scene-compared.png"))
    assert last == (
        "Look: python -m tests.pictures scene; take the new ones over: python -m tests.pictures --accept scene"
    )


def test_all_that_is_stored_is_pictured_and_small() -> None:
    stored = list(album.STORED.iterdir())
    assert {path.name for path in stored} == {f"{name}.webp" for name in PICTURES}
    assert sum(path.stat().st_size for path in stored) < MOST_BYTES
