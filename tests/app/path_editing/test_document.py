"""The document: every edit can be undone and redone, to the byte; a drag is one edit; what is saved is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.path_editing import edits
from app.path_editing.document import PathDocument
from app.path_editing.edits import Edit
from engines.core.camera import Camera, look_at
from engines.core.errors import UserError
from engines.core.paths.keyed_json import keyed_text, write_keyed
from engines.core.paths.keyed_motion import with_dolly_zoom
from engines.core.paths.keyframes import EASES, KeyedPath, Keyframe
from engines.core.paths.path_files import write_path

UP = np.array([0.0, 0.0, 1.0])


def seen(seed: int) -> Camera:
    chance = np.random.default_rng(seed)
    eye = chance.normal(size=3) * 2 + [0, 6, 0]
    focal = float(chance.uniform(30, 90))
    return Camera(look_at(eye, np.zeros(3), UP), (focal, focal), (32.0, 24.0), (64, 48))


def keyed(count: int) -> KeyedPath:
    keys = tuple(Keyframe(seen(number), 2.0 * number, {"blend": number / 7}) for number in range(count))
    return KeyedPath(keys, stepped=frozenset({"instance"}))


def random_edit(document: PathDocument, chance: np.random.Generator) -> None:
    """Some edit, which changes something."""
    path, count = document.path, len(document.path.keys)
    number, seed, value = int(chance.integers(count)), int(chance.integers(10**6)), float(chance.uniform(0.1, 5))
    several = {number, int(chance.integers(count))}
    others = [ease for ease in EASES if ease != path.keys[number].ease]
    makers: list[Callable[[], Edit]] = [
        lambda: edits.add_key(path, seen(seed), {"instance": seed % 3}, value),
        lambda: edits.overwrite_key(path, number, seen(seed), {"blend": value / 5}),
        lambda: edits.duplicate_keys(path, several),
        lambda: edits.delete_keys(path, [number]) if count > 2 else edits.duplicate_keys(path, [0]),
        lambda: edits.reorder_key(path, number, (number + 1) % count),
        lambda: edits.move_keys(path, several, value),
        lambda: edits.set_ease(path, [number], others[seed % len(others)]),
        lambda: edits.set_fov(path, several, 20 + value * 10),
        lambda: edits.set_roll(path, several, value * 10, UP),
        lambda: edits.set_control(path, several, "blend", value / 10),
        lambda: edits.set_leg_seconds(path, number, value),
        lambda: edits.spread_evenly(path, value),
        lambda: Edit(edits.set_path(path, loop=not path.loop)),
        lambda: Edit(edits.set_path(path, constant_speed=not path.constant_speed, fps=value * 10)),
        lambda: Edit(edits.set_end(path, value)),
        lambda: Edit(with_dolly_zoom(path, None if path.subject else np.zeros(3))),
        lambda: Edit(keyed(seed % 5 + 2)),
    ]
    document.edit("Edit", makers[int(chance.integers(len(makers)))]())


@pytest.mark.parametrize("seed", range(12))
def test_thirty_edits_and_thirty_undos(seed: int, tmp_path: Path) -> None:
    chance = np.random.default_rng(seed)
    document = PathDocument()
    document.begin(keyed(4))
    texts = [keyed_text(document.path)]
    document.save(tmp_path / "first.json")
    first = (tmp_path / "first.json").read_bytes()
    while len(texts) <= 30:
        random_edit(document, chance)
        if keyed_text(document.path) != texts[-1]:
            texts.append(keyed_text(document.path))
            assert document.unsaved and document.undo_name == "Edit"
    for text in reversed(texts[:-1]):
        document.undo()
        assert keyed_text(document.path) == text
    assert not document.unsaved and document.undo_name == ""
    document.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == first
    document.undo()
    for text in texts[1:]:
        document.redo()
        assert keyed_text(document.path) == text
    document.redo()
    assert keyed_text(document.path) == texts[-1] and document.redo_name == ""


def test_a_drag_is_undone_at_once() -> None:
    document = PathDocument()
    document.begin(keyed(3))
    for by in (0.1, 0.2, 0.3):
        document.edit("Move key", edits.set_time(document.path, 1, 2 + by), drag="hand")
    document.end_drag()
    document.edit("Move key", edits.set_time(document.path, 1, 3.0), drag="hand")
    document.undo()
    assert document.path.keys[1].time_s == 2.3
    document.undo()
    assert document.path.keys[1].time_s == 2.0 and document.undo_name == ""
    assert document.redo_name == "Move key"


def test_an_edit_forgets_what_was_undone() -> None:
    document = PathDocument()
    document.begin(keyed(3))
    document.edit("Delete key", edits.delete_keys(document.path, [1]))
    document.undo()
    document.edit("Ease", edits.set_ease(document.path, [0], "hold"))
    assert document.redo_name == "" and len(document.path.keys) == 3


def test_what_changes_nothing_is_no_edit() -> None:
    document = PathDocument()
    document.begin(keyed(3))
    told: list[int] = []
    document.changed.connect(lambda: told.append(1))
    document.edit("Ease", edits.set_ease(document.path, [1], "linear"))
    assert document.undo_name == "" and not document.unsaved and document.selected == (1,)
    assert len(told) == 1


def test_selection_comes_back_with_what_is_undone() -> None:
    document = PathDocument()
    document.begin(keyed(4))
    document.select([2, 9])
    assert document.selected == (2,)
    document.edit("Delete key", edits.delete_keys(document.path, document.selected))
    assert document.selected == (1,)
    document.undo()
    assert document.selected == (2,)


def test_saved_where_it_was_saved(tmp_path: Path) -> None:
    document = PathDocument()
    document.begin(keyed(3))
    document.edit("Ease", edits.set_ease(document.path, [0], "hold"))
    document.save(tmp_path / "path.json")
    assert document.file == tmp_path / "path.json"
    unsaved = [document.unsaved]
    for step in (document.undo, document.redo):
        step()
        unsaved.append(document.unsaved)
    assert unsaved == [False, True, False]
    other = PathDocument()
    other.open(tmp_path / "path.json")
    assert keyed_text(other.path) == keyed_text(document.path)
    unsaved = [other.unsaved]
    other.edit("Ease", edits.set_ease(other.path, [0], "linear"))
    with pytest.raises(UserError, match="can't be written"):
        other.save(tmp_path / "path.json" / "inside.json")
    assert [*unsaved, other.unsaved] == [False, True] and other.file == tmp_path / "path.json"


def test_what_is_no_file_of_keys(tmp_path: Path) -> None:
    write_path(tmp_path / "cameras.json", [seen(1)])
    document = PathDocument()
    with pytest.raises(UserError, match="holds no keys"):
        document.open(tmp_path / "cameras.json")
    with pytest.raises(UserError, match="holds no keys"):
        document.open(tmp_path / "none.json")
    write_keyed(tmp_path / "empty.json", KeyedPath())
    document.open(tmp_path / "empty.json")
    assert document.motion is None


def test_a_dolly_zoom_goes_on_while_keys_are_edited() -> None:
    document = PathDocument()
    document.begin(with_dolly_zoom(keyed(3), np.zeros(3)))
    document.edit("Overwrite key", edits.overwrite_key(document.path, 1, seen(77), {}))
    sizes = [key.camera.focal_px[1] / np.linalg.norm(key.camera.position) for key in document.path.keys]
    assert sizes == pytest.approx([sizes[0]] * 3)
    away = seen(1).at(look_at(seen(1).position, 2 * seen(1).position, UP))
    with pytest.raises(UserError, match="not in front of key 2"):
        document.edit("Overwrite key", edits.overwrite_key(document.path, 1, away, {}))
