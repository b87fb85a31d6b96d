"""What of a crop box is undone."""

from __future__ import annotations

from app.rendering.crop_box import CropBox
from app.viewing.crop_document import CropDocument
from app.viewing.view_state import ViewState

BOXES = [CropBox((0, 0, 0), (1, 1, high)) for high in (1.0, 2.0, 3.0)]


def test_each_edit_is_a_step_and_a_drag_is_one() -> None:
    view = ViewState()
    document = CropDocument(view)
    document.edit("Crop", None, True)
    for box in BOXES:
        document.edit("Drag", box, True, dragged=True)
    document.end_drag()
    # Nothing else than before is no edit.
    document.edit("Change", BOXES[-1], True)
    document.edit("Drag", BOXES[0], True, dragged=True)
    document.end_drag()
    assert document.depth == 3 and (view.crop_box, view.is_cropped) == (BOXES[0], True)
    seen = []
    while document.depth:
        document.undo()
        seen.append((view.crop_box, view.is_cropped, document.redo_name))
    assert seen == [(BOXES[-1], True, "Drag"), (None, True, "Drag"), (None, False, "Crop")]
    document.undo()
    for _ in range(4):
        document.redo()
    assert (view.crop_box, document.depth, document.redo_name, document.undo_name) == (BOXES[0], 3, "", "Drag")
    document.undo()
    document.edit("Show all", BOXES[-1], False)
    assert (document.depth, document.redo_name, view.is_cropped) == (3, "", False)


def test_a_drag_that_comes_back_is_none_and_one_that_is_undone_under_the_hand_goes_on_as_another() -> None:
    view = ViewState(is_cropped=True, crop_box=BOXES[0])
    document = CropDocument(view)
    for box in (BOXES[1], BOXES[0]):
        document.edit("Drag", box, True, dragged=True)
    document.end_drag()
    assert document.depth == 0 and not document.undo_name and view.crop_box == BOXES[0]
    document.edit("Drag", BOXES[1], True, dragged=True)
    document.undo()
    assert view.crop_box == BOXES[0] and document.redo_name == "Drag"
    document.edit("Drag", BOXES[2], True, dragged=True)
    assert (document.depth, document.redo_name, view.crop_box) == (1, "", BOXES[2])


def test_what_others_set_is_where_it_begins() -> None:
    view = ViewState()
    document = CropDocument(view)
    document.edit("Change", BOXES[0], True)
    told = []
    document.changed.connect(lambda: told.append(document.depth))
    view.crop_box = BOXES[1]
    assert document.depth == 0 and told == [0]
    document.edit("Change", BOXES[2], True)
    document.undo()
    assert (view.crop_box, view.is_cropped) == (BOXES[1], True)
