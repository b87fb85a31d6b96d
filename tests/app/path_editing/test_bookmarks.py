"""Named views: none stands twice, and files keep them without loss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.path_editing.bookmarks import Bookmarks
from engines.core.errors import UserError
from tests.app.path_editing.test_document import seen


def test_names() -> None:
    marks = Bookmarks()
    told: list[int] = []
    marks.changed.connect(lambda: told.append(1))
    for seed in range(3):
        marks.add(seen(seed), {})
    assert [mark.name for mark in marks.all] == ["View 1", "View 2", "View 3"]
    marks.delete("View 2")
    marks.rename("View 3", "door")
    assert [mark.name for mark in marks.all] == ["View 1", "door"]
    assert marks.add(seen(4), {}).name == "View 2" and len(told) == 6
    with pytest.raises(UserError, match="a bookmark door already"):
        marks.rename("View 1", "door")
    with pytest.raises(UserError, match="needs a name"):
        marks.rename("View 1", " ")


def test_files(tmp_path: Path) -> None:
    marks, again = Bookmarks(), Bookmarks()
    marks.add(seen(1), {"blend": 1 / 3}, "door")
    marks.save(tmp_path / "marks.json")
    again.open(tmp_path / "marks.json")
    mark = again.all[0]
    assert mark.name == "door" and mark.controls == {"blend": 1 / 3}
    assert np.array_equal(mark.camera.camera_to_world, seen(1).camera_to_world)
    (tmp_path / "other.json").write_text('{"format": "vantage bookmarks", "version": 1, "bookmarks": [{}]}')
    with pytest.raises(UserError, match=r"other\.json"):
        again.open(tmp_path / "other.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(UserError, match="holds no bookmarks"):
        again.open(tmp_path / "list.json")
    assert len(again.all) == 1
