"""Source photographs in the window: shown in small, ticked and left out, in order; the scene is not read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

import app.viewing.scene_loader
from app.gui.qt import QCheckBox, QLineEdit, Qt
from app.gui.window import Window
from app.viewing.chosen_sources import made_of
from app.viewing.opening import Opened
from engines.core.config import Options, make_options, parse_settings
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint
from tests.app.gui.conftest import NEVER, Shelf, drag, open_and_wait, wait_exact
from tests.app.gui.fake_scene import FakeScene, write_photographs
from tests.qt_test import QTest


class Drawn(Options):
    views: tuple[int, ...] | None = None
    """What it is made of."""
    crop_border: bool = False
    """Leave out the border."""


class ChoosingScene(FakeScene):
    """Made of two of its photographs at least."""

    sources_option, least_sources = "views", 2

    def __init__(self, views: Sequence[View], chosen: tuple[int, ...] | None) -> None:
        super().__init__()
        self.views, self.chosen = views, chosen or (0, 1, 2)
        if max(self.chosen) >= len(views):
            raise UserError(f"there are {len(views)} photographs")

    def source_views(self, controls: Mapping[str, float]) -> Sequence[View]:
        return self.views

    def chosen_sources(self, controls: Mapping[str, float]) -> tuple[int, ...]:
        return self.chosen

    def made_of(self, numbers: Sequence[int] | None) -> ChoosingScene:
        return ChoosingScene(self.views, None if numbers is None else tuple(numbers))


@pytest.fixture
def opened_with(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The settings of each scene that is read from its file."""
    settings: list[tuple[str, ...]] = []

    def read(path: Path, data: Path | None, device: str, given: Sequence[str], *_: Any) -> Opened:
        settings.append(tuple(given))
        assert data is not None
        dataset = write_photographs(data, FakeScene())
        broken = dataset.views[11].image_path
        assert broken is not None
        broken.write_bytes(b"none")
        options = make_options(Drawn, parse_settings(list(given)))
        scene = ChoosingScene(dataset.views, options.views)
        return Opened(scene, Checkpoint("colour_grid", {}, 0, {}), dataset, path, options)

    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", read)
    return settings


@pytest.fixture
def shown(window: Window, opened_with: list[tuple[str, ...]], qtbot: QtBot, tmp_path: Path) -> Window:
    open_and_wait(window, qtbot, Path("choosing.pth"), tmp_path / "photographs")
    photographs = window.inputs.sources.card.list
    qtbot.waitUntil(lambda: photographs.isVisible() and not photographs.missing(), timeout=NEVER)
    return window


def tick(window: Window, row: int) -> None:
    """As a hand does."""
    photographs = window.inputs.sources.card.list
    where = photographs.visualRect(photographs.model().index(row, 0)).center()
    QTest.mouseClick(photographs.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)


def wait_for(window: Window, qtbot: QtBot, chosen: tuple[int, ...]) -> None:
    def there() -> bool:
        scene: Any = window.session.opened.scene if window.session.opened is not None else None
        return window.session.loader.opening is None and scene.chosen == chosen

    qtbot.waitUntil(there, timeout=NEVER)
    wait_exact(window, qtbot)


def test_photographs_are_ticked_in_order_and_the_scene_follows(
    shown: Window, qtbot: QtBot, opened_with: list[tuple[str, ...]]
) -> None:
    card = shown.inputs.sources.card
    assert card.used.text() == "3 of 12 used" and not card.automatic.isEnabled()
    drag(shown, qtbot, (60, 10))
    shown.commands["channel_2"].trigger()
    before = shown.session.eye.shown
    tick(shown, 5)
    tick(shown, 0)
    assert [card.list.described(row) for row in (5, 0)] == [
        "Photograph 5 (005): used, number 3 in order", "Photograph 0 (000): not used",
    ]  # fmt: skip
    wait_for(shown, qtbot, (1, 2, 5))
    after = shown.session.eye.shown
    assert before is not None and after is not None and (after.camera_to_world == before.camera_to_world).all()
    assert shown.session.view.channel == "depth"
    # What exports and the command line are told; nothing was read again.
    assert shown.session.loader.settings == ("views=[1, 2, 5]",) and opened_with == [()]
    assert shown.session.opened is not None and shown.session.opened.options.model_dump()["views"] == (1, 2, 5)
    # The pictures stayed, and the box in the options is not there twice.
    assert not card.list.missing()
    assert shown.options.findChildren(QLineEdit) == [shown.options.search]
    # Those that it needs at least stay.
    tick(shown, 2)
    tick(shown, 1)
    wait_for(shown, qtbot, (1, 5))
    assert card.used.text() == "2 of 12 used; needs 2 at least"
    QTest.mouseClick(card.automatic, Qt.MouseButton.LeftButton)
    wait_for(shown, qtbot, (0, 1, 2))
    assert not card.automatic.isEnabled() and shown.session.loader.settings == ("views=null",)


def test_by_the_keyboard_and_with_other_options(
    shown: Window, qtbot: QtBot, opened_with: list[tuple[str, ...]]
) -> None:
    photographs = shown.inputs.sources.card.list
    photographs.setFocus()
    photographs.setCurrentIndex(photographs.model().index(3, 0))
    QTest.keyClick(photographs, Qt.Key.Key_Right)
    QTest.keyClick(photographs, Qt.Key.Key_Space)
    assert photographs.described(11) == "Photograph 11 (011): not used; can't be read"
    wait_for(shown, qtbot, (0, 1, 2, 4))
    # Another option reads the scene again, of the same photographs.
    shown.options.findChild(QCheckBox).click()
    wait_for(shown, qtbot, (0, 1, 2, 4))
    qtbot.waitUntil(lambda: len(opened_with) == 2, timeout=NEVER)
    assert opened_with[-1] == ("views=[0, 1, 2, 4]", "crop_border=true")
    shown.files._close()
    assert not shown.inputs.sources.card.isVisible()


def test_numbers_that_are_not_there_are_refused(shown: Window) -> None:
    opened = shown.session.opened
    assert opened is not None
    opened.scene.up = -opened.scene.up
    made = made_of(opened, {"views": (3, 1)})
    assert made.options.model_dump()["views"] == (3, 1) and (made.scene.up == opened.scene.up).all()
    with pytest.raises(UserError, match="there are 12 photographs"):
        made_of(opened, {"views": (12, 1)})
