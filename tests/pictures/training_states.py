"""States of the training dialog and of the training panel, and how each is reached from the one before."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np

from app.gui.qt import Qt, QToolButton
from app.gui.training.dialog import TrainDialog
from app.synthetic.sample import deepvoxels_sample, write_sample
from app.training.runs.messages import Standing
from app.training.runs.training_request import TrainingRequest
from engines.core.data.images import to_uint8, write_png
from engines.core.storage.run_folder import append_history, write_run_checkpoint, write_run_config
from tests.app.gui.fake_scene import draw, ring
from tests.engines.core.examples import checkpoint
from tests.pictures.stage import Shot, Stage, Walk
from tests.qt_test import QTest

RUNS = "vantage-runs"
DATA = Path("photographs")
"""In the current folder, so that no other is named."""


def asked(hand: Stage) -> TrainDialog:
    """The dialog that is open."""
    found = hand.window.trainings.asking.dialog
    assert found is not None
    return found


def ask(hand: Stage) -> Shot:
    """Opens the dialog."""
    hand.press("Ctrl+T", hand.window)
    return asked(hand)


def choose(hand: Stage, folder: Path) -> None:
    """Names a folder in the dialog, and waits until it is looked through."""
    path = asked(hand).data.path
    hand.type(path, str(folder))
    hand.press("Return", path)


def choose_plain(hand: Stage) -> Shot:
    """Chooses photographs without cameras."""
    write_sample(hand.folder / DATA, deepvoxels_sample(0, 64, 6, 2, 1), samples=1)
    plain = hand.folder / "plain"
    plain.mkdir()
    for path in sorted((hand.folder / DATA / "train" / "rgb").iterdir())[:3]:
        shutil.copy(path, plain)
    choose(hand, Path("plain"))
    hand.wait(asked(hand).data.poses.estimate.isVisible)
    # They come one after the other, and all of them are to be seen.
    hand.wait(lambda: asked(hand).data.view.sheet.count == 3)
    return asked(hand)


def choose_data(hand: Stage) -> Shot:
    """Chooses photographs with cameras, and waits for how long it takes."""
    choose(hand, DATA)
    how = asked(hand).how
    hand.wait(lambda: how.method.isEnabled() and how.method.currentIndex() >= 0)
    how.method.setCurrentIndex(how.method.findData("colour_grid"))
    hand.wait(lambda: "About" in asked(hand).time.text())
    return asked(hand)


def all_options(hand: Stage) -> Shot:
    """Shows all options of the method."""
    asked(hand).how.more.click()
    return asked(hand)


def search_options(hand: Stage) -> Shot:
    """Searches them."""
    hand.type(asked(hand).how.search, "rate")
    return asked(hand)


def _write_run(hand: Stage, name: str, steps: int, of: int) -> Path:
    """A run folder with its curves, as a training leaves it."""
    folder = hand.folder / RUNS / name
    write_run_config(folder, "colour_grid", hand.folder / DATA, {"max_steps": of})
    _append(folder, steps)
    write_run_checkpoint(folder, checkpoint(step=steps))
    return folder


def _append(folder: Path, steps: int) -> None:
    for step in range(10, steps + 1, 10):
        psnr = {"psnr": 24 - 8 * 0.99**step} if step % 50 == 0 else {}
        append_history(folder, {"step": step, "l1": 0.3 * 0.99**step + 0.05 + 0.02 * np.sin(step), **psnr})


def _write_held_out(folder: Path) -> None:
    """The photograph, and what was drawn of it."""
    image = draw(ring(1, (96, 96))[0]).image.numpy()
    (folder / "held_out").mkdir(parents=True, exist_ok=True)
    for name, glow in (("photograph", 0.0), ("00000100", -0.15), ("00000200", -0.05)):
        write_png(folder / "held_out" / f"{name}.png", to_uint8(np.clip(image + glow, 0, 1)))


def train(hand: Stage) -> Shot:
    """A run is under way beside one that is finished and one that waits; its curves are drawn."""
    hand.open()
    # Runs are looked for at home.
    os.environ["HOME"] = str(hand.folder)
    _write_run(hand, "toys-low", 300, 300)
    # Before it is looked at: curves that are read in between are drawn as they are then.
    under_way = hand.folder / RUNS / "toys"
    under_way.mkdir(parents=True)
    _append(under_way, 240)
    _write_held_out(under_way)
    window = hand.window
    begin = window.trainings.begin
    for name in ("toys", "toys-large"):
        folder = hand.folder / RUNS / name
        begin(TrainingRequest("colour_grid", hand.folder / DATA, folder, settings={"max_steps": 300}))
    hand.runs[0].hear(Standing(240, 300, {"l1": 0.077}, 2.0, 30.0, False, 2**28, psnr=22.93))
    panel = window.trainings.panel
    assert panel is not None
    hand.wait(lambda: panel.runs.topLevelItemCount() == 3)
    first = panel.runs.visualItemRect(panel.runs.topLevelItem(0)).center()
    QTest.mouseClick(panel.runs.viewport(), Qt.MouseButton.LeftButton, pos=first)
    plot = panel.curves.plot.getPlotItem()

    def shown() -> bool:
        window.trainings.look()
        return bool(plot.listDataItems() and not panel.wipe.place().isEmpty())

    hand.wait(shown)
    # What waits is told, for some seconds.
    hand.click(window.banner.findChild(QToolButton))
    return None


TRAINING = {
    "train_dialog": Walk(
        {
            "train_dialog": ask,
            "train_poses": choose_plain,
            "train_data": choose_data,
            "train_options": all_options,
            "train_options_search": search_options,
        }
    ),
    "training_panel": Walk({"training_panel": train}),
}
