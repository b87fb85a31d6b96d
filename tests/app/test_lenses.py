"""Lenses that can't be raise a doubt; those that people have don't."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.capture.inspection.inspecting import inspect_data
from app.capture.inspection.lenses import lens_findings, notes_on_lenses
from engines.core.camera import Camera
from engines.core.data.views import View
from engines.core.engine import never_stop
from engines.core.formats import open_dataset

SOUND = Camera(np.eye(4), (90.0, 90.0), (48.0, 36.0), (96, 72))


def said(distortion: tuple[float, ...] = (), **changes: Any) -> list[str]:
    views = [View(replace(SOUND, **changes), f"v{at}", distortion=distortion) for at in range(3)]
    return [finding.text for finding in lens_findings(views)]


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("field of view", {"focal_px": (388800.0, 388800.0)}),
        ("field of view", {"focal_px": (2.0, 2.0)}),
        ("field of view", {"focal_px": (0.9, 0.9)}),
        ("principal point", {"centre_px": (0.0, 0.0)}),
        ("principal point", {"centre_px": (480.0, 36.0)}),
        ("principal point", {"centre_px": (48.0, -300.0)}),
        ("pixels", {"focal_px": (90.0, 300.0)}),
        ("pixels", {"focal_px": (300.0, 90.0)}),
        ("distortion", {"distortion": (-2.0, 0.0, 0.0, 0.0)}),
        ("distortion", {"distortion": (0.3, -3.0, 0.0, 0.0)}),
        ("distortion", {"distortion": (0.0, 0.0, 0.0, 0.0, -6.0)}),
        ("distortion", {"distortion": (0.0, 0.0, 0.0, 0.0, 0.0, 40.0, 0.0, 0.0)}),
    ],
)
def test_lens_that_can_not_be_is_doubted(what: str, changes: dict[str, Any]) -> None:
    texts = said(**changes)
    assert len(texts) == 1 and f"by the {what} of all 3 photographs" in texts[0], texts


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"focal_px": (90.0, 60.0)},
        {"focal_px": (90.0, 180.0)},
        {"focal_px": (4000.0, 4000.0)},
        {"focal_px": (15.0, 15.0)},
        {"centre_px": (30.0, 50.0)},
        {"distortion": (-0.28, 0.07, 0.001, -0.001)},
        {"distortion": (0.05, -0.06, 0.0, 0.0)},
        {"distortion": (1.0, 0.0, 0.0, 0.0)},
    ],
)
def test_lenses_that_people_have_are_not(changes: dict[str, Any]) -> None:
    assert said(**changes) == []


def test_one_of_many_is_named() -> None:
    views = [View(SOUND, f"v{at}") for at in range(5)]
    views[3] = View(replace(SOUND, focal_px=(5e5, 5e5)), "v3")
    (finding,) = lens_findings(views)
    assert finding.severity == "warning" and finding.names == ("v3",) and "1 photograph:" in finding.text


def test_it_is_said_of_a_folder_and_before_it_is_learnt(tmp_path: Path) -> None:
    from tests.app.capture.test_inspection import capture, ring

    wrong = [replace(camera, focal_px=(500000.0, 500000.0)) for camera in ring()]
    report = inspect_data(capture(tmp_path / "wrong", wrong), lambda *_: None, never_stop)
    assert [finding for finding in report.findings if "field of view" in finding.text and finding.severity == "warning"]
    assert "field of view" in notes_on_lenses(open_dataset(tmp_path / "wrong"))[0]
    assert notes_on_lenses(open_dataset(capture(tmp_path / "right"))) == ()


def test_real_captures_raise_no_such_doubt(shared: Path) -> None:
    for name in ("fox", "juicebox_llff", "dtu_scan65_skull", "dyn_stereo_ir", "lego_deepvoxels_srn", "r2n2_shapenet7"):
        assert notes_on_lenses(open_dataset(shared / "data" / name)) == (), name
