"""Folders that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.export.kept_frames import ExportFacts, KeptFrames, keeping, kept_folder
from app.synthetic.sample import making
from engines.core.errors import UserError
from engines.core.files import replacing
from tests.engines.core.examples import no_room_beyond


def test_where_there_is_no_room_the_folder_is_named_as_it_was_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "frames"
    kept = KeptFrames(kept_folder(out), {}, set())
    with pytest.raises(UserError, match="can't be written") as told, no_room_beyond(100), keeping(kept, out, False):
        kept.begin(ExportFacts({}, 1), {})
        with replacing(kept.folder / "cameras.json") as temporary:
            temporary.write_text("0" * 1000)
    assert str(told.value).startswith(f"{out / 'cameras.json'}: ") and ".part" not in str(told.value)
    assert not list(tmp_path.iterdir())


def test_a_sample_without_room_names_its_folder(tmp_path: Path) -> None:
    made = making(tmp_path / "sample", "a still life")
    with pytest.raises(UserError, match="can't be written") as told, no_room_beyond(0), made:
        raise AssertionError("begun without room")
    assert str(told.value).startswith(f"{tmp_path / 'sample'}: ")
    assert not list(tmp_path.iterdir())
