"""The form made from an engine's options, and what choosing in it does to the open scene."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
from pydantic import Field
from pytestqt.qtbot import QtBot

import app.viewing.scene_loader
from app.gui.panel.options_form import OptionsForm
from app.gui.panel.options_panel import OptionsCard
from app.gui.qt import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QPoint, QPointF, Qt, QWheelEvent
from app.gui.window import Window
from app.viewing.opening import Opened
from engines.core.config import OptimiserConfig, Options, make_options, parse_settings
from engines.registry import all_engines, find_engine
from tests.app.gui.conftest import open_and_wait, wait_exact
from tests.app.gui.fake_scene import FakeScene, opened

SCENE = Path("optional.pth")


class Drawn(Options):
    crop_border: bool = False
    """Leave out the border."""
    depth_grid: Literal["image", "native"] = "image"
    near_plane: float | None = Field(None, gt=0)
    samples: int = Field(8, ge=1)


class Grouped(OptimiserConfig):
    LABELS: ClassVar[Mapping[str, str]] = {
        "nf0": "Base features (nf0)",
        "num_trgt": "Target views per step",
        "grid_lr": "Grid learning rate",
    }
    UNITS: ClassVar[Mapping[str, str]] = {"grid_dim": "voxels"}
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {"Network": ("nf0",), "Grid": ("grid_lr", "grid_dim")}
    nf0: int = 32
    num_trgt: int = 2
    grid_lr: float = 0.1
    grid_dim: int = 8


@pytest.fixture
def form(qtbot: QtBot) -> OptionsForm:
    form = OptionsForm()
    qtbot.addWidget(form)
    form.set_options(Drawn(near_plane=0.25))
    form.show()
    return form


def test_a_row_per_field_at_its_value(form: OptionsForm) -> None:
    assert form.values() == {"crop_border": False, "depth_grid": "image", "near_plane": 0.25, "samples": 8}
    assert form.findChild(QCheckBox).toolTip() == "Leave out the border.\ncrop_border"


def test_a_hand_changes_values(form: OptionsForm, qtbot: QtBot) -> None:
    told: list[dict[str, Any]] = []
    form.changed.connect(told.append)
    box = form.findChild(QCheckBox)
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.rect().center().y()))
    assert told[-1]["crop_border"] is True
    form.findChild(QComboBox).setFocus()
    qtbot.keyClick(form.findChild(QComboBox), Qt.Key.Key_Down)
    assert told[-1]["depth_grid"] == "native"
    near, samples = form.findChildren(QLineEdit)
    near.setFocus()
    near.selectAll()
    qtbot.keyClicks(near, "0.5\r")
    assert told[-1]["near_plane"] == 0.5
    near.selectAll()
    qtbot.keyClick(near, Qt.Key.Key_Delete)
    qtbot.keyClick(near, Qt.Key.Key_Return)
    assert told[-1]["near_plane"] is None
    count = len(told)
    samples.setFocus()
    qtbot.keyClick(samples, Qt.Key.Key_Return)
    assert len(told) == count, "nothing was changed"


@pytest.fixture
def asked(window: Window, monkeypatch: pytest.MonkeyPatch) -> list[Drawn]:
    """The options of each opening of `optional.pth`, which draws 10 pixels less when cropped."""
    asked: list[Drawn] = []

    def open_scene(path: Path, data: Path | None, device: str, settings: tuple[str, ...], *rest: object) -> Opened:
        options = make_options(Drawn, parse_settings(settings))
        asked.append(options)
        scene = opened(FakeScene((118, 118) if options.crop_border else (128, 128)), path, None)
        return Opened(scene.scene, scene.checkpoint, None, path, options)

    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", open_scene)
    return asked


def test_an_option_opens_the_scene_again_where_the_eye_is(window: Window, qtbot: QtBot, asked: list[Drawn]) -> None:
    open_and_wait(window, qtbot, SCENE)
    assert window.options.isVisible()
    window.session.eye.hand.orbit_by(30, 10)
    window.session.eye.rest()
    wait_exact(window, qtbot)
    before = window.session.eye.camera
    window.options.findChild(QCheckBox).click()
    qtbot.waitUntil(lambda: window.session.opened.options == Drawn(crop_border=True), timeout=10_000)
    wait_exact(window, qtbot)
    assert window.looking.shown.picture.camera.size_px == (118, 118)
    assert np.allclose(window.session.eye.camera.camera_to_world, before.camera_to_world)
    assert "crop_border=true" in window.session.loader.settings
    assert window.options.findChild(QCheckBox).isChecked()
    # Another scene begins with its own defaults.
    window.files.open(SCENE)
    qtbot.waitUntil(lambda: window.session.opened.options == Drawn(), timeout=10_000)
    assert not window.options.findChild(QCheckBox).isChecked()


def test_a_value_that_is_refused_changes_nothing(window: Window, qtbot: QtBot, asked: list[Drawn]) -> None:
    open_and_wait(window, qtbot, SCENE)
    near = window.options.findChild(OptionsForm).findChildren(QLineEdit)[0]
    near.setFocus()
    qtbot.keyClicks(near, "far\r")
    qtbot.waitUntil(lambda: window.banner.isVisible(), timeout=10_000)
    assert "option: near_plane='far'" in window.banner.text.text()
    assert window.options.findChild(OptionsForm).findChildren(QLineEdit)[0].text() == ""
    assert window.session.opened.options == Drawn()


def test_the_wheel_scrolls_the_panel_and_changes_nothing_under_the_pointer(form: OptionsForm, qtbot: QtBot) -> None:
    box = form.findChild(QComboBox)

    def turn() -> None:
        centre = QPointF(box.rect().center())
        at = QPointF(box.mapToGlobal(box.rect().center()))
        down = QPoint(0, -120)
        event = QWheelEvent(
            centre,
            at,
            QPoint(),
            down,
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(box, event)

    form.findChild(QLineEdit).setFocus()
    turn()
    assert form.values()["depth_grid"] == "image"
    QApplication.setActiveWindow(form)
    box.setFocus()
    qtbot.waitUntil(box.hasFocus, timeout=5000)
    turn()
    assert form.values()["depth_grid"] == "native"


def test_numbers_keep_all_their_places(form: OptionsForm) -> None:
    form.set_options(Drawn(near_plane=0.86602540378))
    assert form.values()["near_plane"] == 0.86602540378


def test_fields_stand_in_groups_under_words_and_are_found(qtbot: QtBot) -> None:
    form = OptionsForm()
    qtbot.addWidget(form)
    form.set_options(Grouped())
    form.show()
    texts = [found.text() for found in form.findChildren(QLabel)]
    assert {"Network", "Learning rate", "Base features (nf0)", "Target views per step", "Grid learning rate"} <= set(
        texts
    )
    form.narrow("learning rate")
    left = [found.text() for found in form.findChildren(QLabel) if found.isVisible()]
    assert {"Learning rate", "Final learning rate", "Grid learning rate", "Optimisation", "Grid"} == set(left)
    form.narrow("num_trgt")
    assert form.field("num_trgt").isVisible() and not form.field("lr").isVisible()
    form.narrow("(voxels)")
    assert form.title("grid_dim").isVisible() and form.title("grid_dim").text() == "Grid dimensions (voxels)"
    form.narrow("moving average")
    assert form.field("ema_decay").isVisible() and not form.field("grid_dim").isVisible()
    form.narrow("")
    assert all(form.field(name).isVisible() for name in form.values())


@pytest.mark.parametrize("name", sorted(all_engines()))
@pytest.mark.parametrize("kind", ["Config", "SceneOptions"])
def test_labels_and_groups_are_of_fields_that_there_are(name: str, kind: str) -> None:
    options = getattr(find_engine(name), kind)
    fields = set(options.model_fields)
    # A field of a newer or older kind may be named for all methods together.
    assert set(options.__dict__.get("LABELS", {})) | set(options.__dict__.get("UNITS", {})) <= fields
    grouped = [field for group in options.grouped().values() for field in group]
    assert sorted(grouped) == sorted(fields)
    assert all("_" not in options.label(field) for field in fields)


@pytest.mark.parametrize("kind", ["Config", "SceneOptions"])
@pytest.mark.parametrize("name", sorted(all_engines()))
def test_every_field_is_named_beside_it_in_a_narrow_panel(name: str, kind: str, qtbot: QtBot) -> None:
    form = OptionsForm()
    qtbot.addWidget(form)
    form.set_options(getattr(find_engine(name), kind)())
    form.resize(270, form.height())
    form.show()
    qtbot.waitExposed(form)
    for field in form.values():
        title = form.title(field)
        longest = max(title.text().split(), key=len)
        assert title.width() >= title.fontMetrics().horizontalAdvance(longest), title.text()
        assert title.geometry().right() < form.field(field).x(), title.text()
        assert title.height() >= title.heightForWidth(title.width()), title.text()


def test_options_of_a_scene_are_searched_where_there_are_many(window: Window, qtbot: QtBot) -> None:
    card = OptionsCard()
    qtbot.addWidget(card)
    few, many = (opened_with(options) for options in (Drawn(), Grouped()))
    card.show_scene(few)
    assert not card.search.isVisibleTo(card)
    card.show_scene(many)
    form = card.findChild(OptionsForm)
    assert card.search.isVisibleTo(card)
    qtbot.keyClicks(card.search, "Learning rate")
    assert form.field("lr").isVisibleTo(card) and not form.field("num_trgt").isVisibleTo(card)
    card.show_scene(few)
    assert form.field("near_plane").isVisibleTo(card), "nothing searches where nothing can be seen to"


def opened_with(options: Options) -> Opened:
    scene = opened(FakeScene(), SCENE, None)
    return Opened(scene.scene, scene.checkpoint, None, SCENE, options)
