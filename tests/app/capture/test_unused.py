"""What is there and not used is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.capture.inspection.inspecting import inspect_data
from app.capture.unused import DEPTHS, MASKS, left_to_learn, unused
from engines.core.data.views import Views
from engines.core.engine import never_stop
from engines.core.formats import open_dataset
from tests.app.posed_photographs import write_capture, write_masked


def test_depths_and_an_objects_masks_are_named(tmp_path: Path) -> None:
    dataset = open_dataset(write_capture(tmp_path / "a", 4))
    assert unused(dataset, "kept") == ()
    described = [replace(view, depth_path=tmp_path, mask_path=tmp_path) for view in dataset.views]
    full = replace(dataset, views=Views.of(described))
    assert unused(full, "kept") == (DEPTHS, MASKS) and unused(full, "white") == (DEPTHS,)
    moving = [replace(view, time=index) for index, view in enumerate(described)]
    assert unused(replace(dataset, views=Views.of(moving)), "kept") == (DEPTHS,)
    assert unused(replace(dataset, views=Views.of([])), "kept") == ()


def test_masks_of_what_is_not_to_be_learnt_are_used(tmp_path: Path) -> None:
    dataset = open_dataset(write_capture(tmp_path / "a", 4))
    masked = [replace(view, valid_mask_path=tmp_path) for view in dataset.views]
    assert unused(replace(dataset, views=Views.of(masked)), "kept") == ()


def test_what_becomes_of_pixels_outside_masks_is_told(tmp_path: Path) -> None:
    walked = open_dataset(write_masked(tmp_path / "walked", [4] * 6))
    assert left_to_learn(walked) == (MASKS,)
    turned = write_masked(tmp_path / "turned", [4] * 6, turned=True)
    assert [text.partition(" (")[0] for text in left_to_learn(open_dataset(turned))] == [
        "what is outside the object's masks is laid over with white"
    ]
    report = inspect_data(turned, lambda report, thumbnails: None, never_stop)
    assert report.notes == left_to_learn(open_dataset(turned))
    (turned / "mask" / "000.png").write_bytes(b"no picture")
    assert left_to_learn(open_dataset(turned)) == ()
