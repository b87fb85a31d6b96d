"""The comparison lets rounding pass, and catches seeded faults: what is cut off, moved, mirrored or recoloured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from app.gui.qt import QColor, current_application
from app.gui.theme import DARK, LIGHT, Colours, apply_theme
from app.gui.window import Window
from engines.core.camera import Array
from tests.pictures.album import read, side_by_side, stored_path
from tests.pictures.comparing import compare, local_means
from tests.pictures.conftest import MakeStage
from tests.pictures.contents import SAME
from tests.pictures.stage import SIZE, pixels_of

Fault = Callable[[Window], None]


@pytest.fixture(scope="module")
def stored() -> Array:
    return read(stored_path("scene"))


def test_a_level_of_rounding_passes_everywhere(stored: Array) -> None:
    noise = np.random.default_rng(0).integers(-1, 2, stored.shape)
    assert not compare(stored, np.clip(stored + noise, 0, 255).astype(np.uint8), SAME).differs
    assert not compare(stored, np.where(stored < 255, stored + 1, 255).astype(np.uint8), SAME).differs


def test_five_levels_in_one_channel_of_a_small_part_do_not(stored: Array) -> None:
    new = stored.copy()
    new[300:304, 700:704, 2] -= 5
    found = compare(stored, new, SAME)
    assert found.differs and "columns 700 to 703, rows 300 to 303" in found.text


def test_a_mirrored_picture_differs(stored: Array) -> None:
    assert compare(stored, stored[:, ::-1], SAME).differs


def test_a_picture_of_another_size_says_so_and_is_shown_beside_all_the_same(stored: Array) -> None:
    found = compare(stored, stored[:700], SAME)
    assert found.text == "is 1280 x 700 pixels, not 1280 x 800"
    assert side_by_side(stored, stored[:700], found).shape == (800, 2 * 1280 + 8, 3)


def test_means_by_hand() -> None:
    before, after = np.full((5, 5, 3), 100, np.uint8), np.full((5, 5, 3), 100, np.uint8)
    after[2, 2] = (109, 91, 100)
    means = local_means(before, after)
    assert means[1:4, 1:4].tolist() == [[1.0] * 3] * 3 and means[0].tolist() == [0.0] * 5
    # What is lighter beside what is darker, as where an outline is rounded otherwise, is nothing.
    after[2, 1] = (91, 109, 100)
    assert local_means(before, after)[2, 1] == 0


def cut(window: Window) -> None:
    """The last letter of a score has no room."""
    window.views.psnr.setFixedWidth(window.views.psnr.sizeHint().width() - 6)


def moved(window: Window) -> None:
    """A button is three pixels too far right."""
    button = window.channels._by_name["depth"]
    button.move(button.x() + 3, button.y())


def lower(window: Window) -> None:
    """A text is a pixel lower."""
    window.status.size_label.move(window.status.size_label.x(), window.status.size_label.y() + 1)


def mirrored(window: Window) -> None:
    """The picture is, and all around it stays."""
    assert window.looking.shown.pixels is not None
    window.viewport.canvas.set_picture(np.ascontiguousarray(window.looking.shown.pixels[:, ::-1]))


def recoloured(name: str) -> Fault:
    """One colour of the theme, and no other, has five levels more or less in each channel."""

    def change(window: Window) -> None:
        colours = DARK if window.settings.current.theme == "dark" else LIGHT
        apply_theme(current_application(), replace(colours, **{name: shifted(colours, name)}))

    return change


def shifted(colours: Colours, name: str) -> str:
    colour = QColor(getattr(colours, name))
    by = 5 if colour.lightness() < 128 else -5
    channels = (colour.red(), colour.green(), colour.blue())
    return QColor(*(min(255, max(0, value + by)) for value in channels)).name()


FAULTS = {
    "a label cut off": cut,
    "a button moved": moved,
    "a text moved": lower,
    "a mirrored picture": mirrored,
    **{
        f"another colour: {name}": recoloured(name) for name in ("accent", "panel", "window", "border", "text", "muted")
    },
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_faults_of_the_window_are_caught(theme: str, stage: MakeStage) -> None:
    colours, unseen = {"light": LIGHT, "dark": DARK}[theme], []
    with stage(SIZE) as hand:
        hand.open_with_photographs()
        hand.window.commands[f"theme_{theme}"].trigger()
        assert not compare(hand.picture(None), hand.picture(None), SAME).differs
        for name, fault in FAULTS.items():
            # Each alone, beside those of another kind that stay.
            apply_theme(current_application(), colours)
            before = pixels_of(hand.window)
            fault(hand.window)
            if not compare(before, pixels_of(hand.window), SAME).differs:
                unseen.append(name)
        apply_theme(current_application(), LIGHT)
    assert not unseen
