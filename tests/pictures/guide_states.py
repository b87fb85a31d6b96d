"""States of the window that the guide's pages show, with scenes as they are: reached by mouse and keys.

`python -m tests.pictures --guide --accept` makes the pages' pictures of them, and the demo scenes' stills.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from app.demos import DEMO_FOLDER, FIRST, demo_title
from app.gui.export.export_dialog import ExportDialog
from app.gui.main_window.start_parts import Tile
from app.gui.main_window.thumbnails import filling
from app.gui.panel.panel_parts import Slider
from app.gui.qt import QComboBox, QDialog, QKeySequence, QPoint, Qt, QTreeWidget, image_of
from app.synthetic.sample import deepvoxels_sample, write_sample
from tests.app.gui.conftest import drop
from tests.app.gui.qt_pixels import image_pixels
from tests.pictures.guide_splats import write_splats
from tests.pictures.stage import Reach, Shot, Stage, Walk
from tests.pictures.training_states import ask, asked, choose
from tests.pictures.window_states import start
from tests.qt_test import QTest

STILL_LIFE = 7
"""The seed of what the first demo scene learnt."""
CLASS, SURFACE, FEW, RECORDING = "toy_cars", "car_surface", "stereo_cars", "street"
DEMOS = (FIRST, CLASS, SURFACE, FEW, RECORDING)
SIZE_PX = 128
"""Of photographs: what the first demo scene draws."""
MOMENTS_READY = 12
"""Of the recording's 24: each takes seconds."""


def demo(hand: Stage, name: str) -> None:
    """Opens a demo scene by its tile on the start page."""
    title = demo_title(DEMO_FOLDER / f"{name}.safetensors")
    hand.click(next(tile for tile in hand.window.findChildren(Tile) if tile.accessibleName().startswith(f"{title}:")))
    hand.wait(lambda: hand.window.session.opened is not None)
    hand.settle()


def still(hand: Stage, name: str) -> Shot:
    """The still of a demo scene that the start page shows: the first exact picture, as thumbnails of scenes are."""
    demo(hand, name)
    pixels = hand.window.looking.shown.pixels
    assert pixels is not None
    taken = image_pixels(filling(image_of(pixels)))
    hand.press("Ctrl+W")
    return taken


def move(hand: Stage, *keys: str) -> None:
    """Presses keys on the picture one after the other, and waits for the last one's exact picture only."""
    for each in keys:
        key = QKeySequence(each)[0]
        QTest.keyClick(hand.window.viewport.canvas.widget, Qt.Key(key))
    hand.settle()


def press_in(hand: Stage, *keys: str) -> None:
    """Presses keys in the window, where no scene is open yet."""
    for key in keys:
        hand.press(key, hand.window)


def choose_in(hand: Stage, box: QComboBox, text: str) -> None:
    """Chooses an entry of a list by its keys."""
    box.setFocus()
    hand.press("Home", box)
    for _ in range(box.findText(text)):
        hand.press("Down", box)


def photographs(hand: Stage, name: str, train: int, held_out: int) -> Path:
    """A folder of photographs of what the first demo scene learnt, in the current one so that no other is named."""
    sample = deepvoxels_sample(STILL_LIFE, SIZE_PX, train, held_out, held_out)
    write_sample(hand.folder / name, sample, samples=2)
    return Path(name)


# What is looked at


def window(hand: Stage) -> Shot:
    """A scene among its training cameras."""
    demo(hand, FIRST)
    hand.drag((66, 45))
    move(hand, "-", "C")
    return None


def timeline(hand: Stage) -> Shot:
    """The path of a turn over the picture, its third key selected; in the dark theme."""
    press_in(hand, "Ctrl+Alt+D")
    demo(hand, SURFACE)
    move(hand, "F7", "+", "+", "+")
    hand.press("Ctrl+Alt+T")
    strip = hand.window.paths.bar.strip
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.place_of(2))
    # The way there takes its time, and steps on it begin wherever it is.
    hand.press("R")
    move(hand, "-", "-", "-", "-", "Right", "Right", "Right", "Down", "Down")
    return None


def blend(hand: Stage) -> Shot:
    """One car of a class, blended with another."""
    press_in(hand, "Ctrl+Alt+2")
    demo(hand, CLASS)
    lists = hand.window.controls.findChildren(QComboBox)
    choose_in(hand, lists[1], "car_001")
    choose_in(hand, lists[0], "car_003")
    slider = hand.window.controls.findChildren(Slider)[0]
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(2 * slider.width() // 5, slider.height() // 2))
    hand.drag((-60, 60))
    return None


def made_of_few(hand: Stage) -> Shot:
    """A car of four of its photographs, seen from between them."""
    demo(hand, FEW)
    hand.drag((40, 20))
    return None


def recording(hand: Stage) -> Shot:
    """A recording that was played and stopped, seen from among its cameras."""
    press_in(hand, "Ctrl+Alt+2")
    demo(hand, RECORDING)
    hand.press("C")
    timeline, playback = hand.window.session.timeline, hand.window.session.timeline.playback
    # Moments are made ready while it plays, when no picture is final.
    QTest.keyClick(hand.window.viewport.canvas.widget, Qt.Key.Key_K)
    hand.wait(lambda: timeline.are_ready(range(playback.first, playback.last + 1)).count(True) >= MOMENTS_READY)
    hand.press("K")
    return None


def splats(hand: Stage) -> Shot:
    """A file of splats that was dropped on the window."""
    file = hand.folder / "scenes" / "toys.ply"
    file.parent.mkdir()
    write_splats(file, STILL_LIFE)
    drop(hand.window, file)
    hand.wait(lambda: hand.window.session.opened is not None)
    hand.settle()
    return None


# Meshes and comparisons


def mesh(hand: Stage, name: str) -> None:
    """Exports the mesh of the open scene, and shows it beside the picture."""

    def order(asked: QDialog) -> None:
        hand.type(asked.out, name)
        asked.start.click()

    hand.of_modal(lambda: hand.press("Ctrl+Shift+E"), order)
    bar = hand.window.export_bar
    hand.wait(bar.show_mesh.isVisible)
    hand.click(bar.show_mesh)
    hand.wait(hand.window.commands["show_mesh"].isEnabled)
    hand.click(bar.close_button)
    hand.press("Ctrl+7")


def surface(hand: Stage) -> Shot:
    """A surface beside its mesh."""
    demo(hand, SURFACE)
    mesh(hand, "car_surface.ply")
    hand.drag((70, 30))
    return None


def mesh_of_depths(hand: Stage) -> Shot:
    """The mesh of what depths a scene gives, shaded, beside its picture."""
    demo(hand, FIRST)
    mesh(hand, "toys.ply")
    hand.press("Ctrl+2")
    hand.drag((70, 60))
    return None


def compare(hand: Stage) -> Shot:
    """Two scenes of different methods on both sides of a line."""
    demo(hand, SURFACE)
    hand.drag((70, 30))
    hand.window.looking.second.open(DEMO_FOLDER / f"{CLASS}.safetensors")
    hand.wait(hand.window.commands["close_compared"].isEnabled)
    hand.press("Alt+1")
    return None


def evaluation(hand: Stage) -> Shot:
    """All held-out views in a table, the worst first; the picture is the one that was clicked."""
    folder = photographs(hand, "toys", 2, 12)
    demo(hand, FIRST)
    hand.window.files.attach(hand.folder / folder)
    hand.wait(hand.window.commands["wipe"].isEnabled)
    hand.press("Shift+F6")
    evaluating = hand.window.evaluating
    hand.wait(lambda: evaluating.found is not None)
    table = evaluating.panel.table
    header = table.header()
    at = QPoint(header.sectionViewportPosition(1) + 20, header.height() // 2)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    first_row(hand, table)
    hand.press("Y")
    return None


def first_row(hand: Stage, table: QTreeWidget) -> None:
    """Clicks on the first row of a table."""
    at = table.visualItemRect(table.topLevelItem(0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    hand.settle()


def export(hand: Stage) -> Shot:
    """What can be chosen for a video of two channels in HD."""

    def choose(asked: ExportDialog) -> None:
        choose_in(hand, asked.preset, "HD (1080p)")
        hand.click(asked.channels["depth"])
        taken.append(hand.picture(asked))
        asked.reject()

    taken: list[Shot] = []
    press_in(hand, "Ctrl+Alt+3")
    demo(hand, SURFACE)
    hand.of_modal(lambda: hand.press("Ctrl+E"), choose)
    return taken[0]


# Trainings


def train(hand: Stage) -> Shot:
    """The dialog with a folder of photographs, and how long it takes."""
    folder = photographs(hand, "toys", 40, 4)
    ask(hand)
    choose(hand, folder)
    time = asked(hand).time
    hand.wait(lambda: time.text().startswith("About"))
    return asked(hand)


def training(hand: Stage) -> Shot:
    """A run under way, some minutes after it began: the scene so far, curves, a held-out photograph."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(hand.folder))
        train(hand)
        hand.click(asked(hand).start)
        panel = hand.window.trainings.panel
        assert panel is not None
        hand.wait(lambda: "PSNR" in panel.figures.text())
        hand.wait(lambda: hand.window.session.opened is not None and not panel.wipe.place().isEmpty())
        taken = hand.picture(None)
        hand.press("Ctrl+Shift+P", hand.window)
        hand.wait(lambda: hand.window.trainings.queue.active is None)
    return taken


PAGES: dict[str, Reach] = {
    "window": window,
    "start": start,
    "timeline": timeline,
    "class": blend,
    "surface": surface,
    "mesh": mesh_of_depths,
    "reconstruction": made_of_few,
    "recording": recording,
    "splats": splats,
    "compare": compare,
    "evaluation": evaluation,
    "export": export,
    "train": train,
    "training": training,
}
"""By their names in `docs/`."""
GUIDE = {f"docs/{name}": Walk({f"docs/{name}": reach}) for name, reach in PAGES.items()}
GUIDE |= {f"checkpoints/{name}": Walk({f"checkpoints/{name}": partial(still, name=name)}) for name in DEMOS}
IN_SUITE = ("docs/window",)
"""Those that take a second are compared with every run of the tests."""
