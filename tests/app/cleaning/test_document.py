"""The document of a cleaning: undo to the same mask, redo, names, and what is saved."""

from __future__ import annotations

import numpy as np

from app.cleaning.document import CleaningDocument
from app.cleaning.edits import (
    InvertRemoved,
    RemoveFaint,
    RemoveFloaters,
    RemoveLarge,
    RemoveSphere,
    removed_after,
    replayed,
)
from tests.app.cleaning.subjects import BALL, with_floaters

SUBJECT = with_floaters()
WHOLE = len(SUBJECT.primitives)


def begun() -> CleaningDocument:
    document = CleaningDocument()
    document.begin(WHOLE)
    return document


def test_thirty_edits_are_undone_to_the_same_masks_and_done_again() -> None:
    document, masks = begun(), []
    for number in range(30):
        masks.append(document.removed)
        few = RemoveFaint((number + 1) / 64) if number % 2 else RemoveLarge(0.127 - number / 1000)
        edit = InvertRemoved() if number == 29 else few
        assert document.apply(edit, removed_after(edit, SUBJECT, document.removed))
    masks.append(document.removed)
    assert len({mask.tobytes() for mask in masks}) == 31
    for before in reversed(masks[:-1]):
        document.undo()
        assert (document.removed == before).all()
    assert document.undo_name == "" and document.edits == () and not document.removed.any()
    document.undo()
    for after in masks[1:]:
        document.redo()
        assert (document.removed == after).all()
    assert document.redo_name == "" and len(document.edits) == 30
    # As they are worked out from the edits alone.
    assert (replayed(document.edits, SUBJECT)[-1][1] == masks[-1]).all()


def test_names_are_those_of_the_edits() -> None:
    document = begun()
    for edit in (RemoveFloaters(6, 3), RemoveSphere((0, 0, 0), 0.15)):
        document.apply(edit, removed_after(edit, SUBJECT, document.removed))
    assert document.undo_name == "Remove outside of sphere"
    assert document.removed_count == WHOLE - 19
    document.undo()
    assert document.undo_name == "Remove floaters (6 neighbours, 3 x)"
    assert document.redo_name == "Remove outside of sphere"
    assert document.removed_count == WHOLE - BALL


def test_an_edit_that_removes_nothing_is_none() -> None:
    document = begun()
    edit = RemoveFaint(0)
    assert not document.apply(edit, removed_after(edit, SUBJECT, document.removed))
    assert document.undo_name == "" and not document.unsaved


def test_another_edit_after_undo_forgets_what_was_undone() -> None:
    document = begun()
    for least in (0.1, 0.2, 0.3):
        edit = RemoveFaint(least)
        document.apply(edit, removed_after(edit, SUBJECT, document.removed))
    document.undo()
    document.undo()
    document.restore_all()
    assert document.redo_name == "" and document.undo_name == "Restore all" and not document.removed.any()
    document.undo()
    assert document.removed_count == 13


def test_it_is_saved_by_a_file_or_by_a_project() -> None:
    document = begun()
    told = []
    document.changed.connect(lambda: told.append(document.unsaved))
    edit = RemoveFaint(0.5)
    document.apply(edit, removed_after(edit, SUBJECT, document.removed))
    document.saved(document.mark)
    document.restore_all()
    document.undo()
    document.apply(InvertRemoved(), removed_after(InvertRemoved(), SUBJECT, document.removed))
    document.keep()
    assert told == [True, False, False, False, True, False]


def test_edits_made_before_can_be_undone() -> None:
    document = begun()
    edits = (RemoveFaint(0.1), RemoveFaint(0.2))
    document.begin(WHOLE, replayed(edits, SUBJECT))
    assert not document.unsaved and document.edits == edits and document.removed_count == 26
    document.undo()
    assert list(document.edits) == [RemoveFaint(0.1)] and document.removed_count == 13
    assert np.flatnonzero(document.removed).tolist() == list(range(13))
