"""Colour bars in pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from app.export.colour_bars import colour_plate, with_colour_bar
from app.export.drawn_frames import export_cameras
from app.export.export_request import Export
from app.export.exporter import run_export
from app.export.fingerprint import export_facts
from app.rendering import display
from app.viewing.colour_scale import ColourScale, colour_scale, round_ticks
from app.viewing.lengths import LengthScale
from engines.core.engine import never_stop
from engines.core.frame import Frame
from tests.app.ball_scene import BallScene, ring


@pytest.mark.parametrize("channel", ["depth", "alpha"])
def test_at_each_tick_the_bar_has_the_colour_of_its_value(channel: str) -> None:
    scale = ColourScale("", "", (2.0, 7.0), channel, "viridis")
    plate = colour_plate(scale, 12, 240, 500)
    values = torch.tensor([[value for value, _ in round_ticks(scale.limits, 5)]])
    frame = Frame(torch.zeros(1, values.shape[1], 3), values, {"alpha": values})
    wanted = display.shade(frame, channel, scale.limits, "viridis")[0].astype(int)
    # Ticks are the white pixels just beside the colours, which are 12 wide, 6 from the edge.
    ticks = np.flatnonzero((plate[:, 18, :3] == 255).all(axis=1))
    found = plate[ticks, 12, :3].astype(int)
    assert len(found) == len(wanted) == 6
    # The bar is 240 pixels of 255 colours.
    assert abs(found[::-1] - wanted).max() <= 4


def test_a_picture_of_any_size_keeps_what_is_beside_the_plate() -> None:
    scale = colour_scale("depth", (1.0, 3.0), "", LengthScale(0.5, "m"))
    for height, width in ((1080, 1920), (480, 640), (128, 128), (40, 30), (5, 3)):
        picture = np.full((height, width, 3), 200, dtype=np.uint8)
        shown = with_colour_bar(picture, scale)
        changed = (shown != picture).any(axis=2)
        assert changed.any() and (picture == 200).all()
        if height >= 128:
            rows, columns = np.nonzero(changed)
            assert not changed[: height // 5].any() and not changed[:, : width // 4].any()
            assert rows.max() < height - 1 and columns.max() < width - 1


def test_a_transparent_picture_has_an_opaque_bar() -> None:
    picture = np.zeros((240, 320, 4), dtype=np.uint8)
    shown = with_colour_bar(picture, colour_scale("alpha", (0.0, 1.0)))
    assert (shown[:100] == 0).all() and shown[..., 3].max() == 255
    colours = display.colour_bar(20, 1, "alpha")[[4, 10, 16], 0]
    assert all((abs(shown[..., :3].astype(int) - colour).max(axis=2) < 8).any() for colour in colours)


def test_videos_and_folders_have_them_where_there_are_values(tmp_path: Path) -> None:
    scene = BallScene()
    export = Export(ring(2), tmp_path / "plain", channels=("rgb", "depth"), size_px=(160, 120), format="png")
    run_export(scene, export, lambda _: None, never_stop)
    barred = replace(export, out=tmp_path / "barred", colour_bars=True, lengths=LengthScale(2.0, "m"))
    run_export(scene, barred, lambda _: None, never_stop)
    plain, changed = (
        {path.name: np.asarray(Image.open(path)) for path in out.glob("*.png")} for out in (export.out, barred.out)
    )
    assert sorted(plain) == sorted(changed) == [f"{name}_0000{i}.png" for name in ("depth", "rgb") for i in range(2)]
    for name, pixels in plain.items():
        assert (changed[name] == pixels).all() == name.startswith("rgb")
    # In the same place of both frames, as the range is the path's.
    plates = [changed[f"depth_0000{i}.png"] != plain[f"depth_0000{i}.png"] for i in range(2)]
    assert plates[0].any() and not plates[0][:, :60].any() and not plates[1][:, :60].any()
    facts = [export_facts(each, export_cameras(scene, each)).facts for each in (export, barred)]
    assert facts[0] != facts[1] and {k: v for k, v in facts[1].items() if k != "colour bars"} == facts[0]
