"""A network of photographs in the window: each photograph's own scene is what is drawn, exported and meshed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from pytestqt.qtbot import QtBot

from app.gui.export.export_settings import ExportSettings
from app.gui.qt import QFileDialog, Qt
from app.gui.window import Window
from app.viewing.opening import CompanionPaths, open_scene
from engines.core.data.images import read_image, to_uint8, write_png
from engines.core.engine import never_stop
from engines.core.paths.path_files import read_path
from tests.app.gui.conftest import NEVER, drop, shown_window, told
from tests.engines.dvr.test_photographs import photograph
from tests.engines.dvr.test_upstream import CODED, saved
from tests.qt_test import QTest

SIZE = (560, 330)
"""Of the window: small pictures are drawn soon."""


@pytest.fixture(scope="module", autouse=True)
def seen_only(uncounted: None) -> None:
    """What is seen is looked at."""


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """By chance, but with a surface, which other photographs move."""
    path = saved(tmp_path, **CODED, encoder="simple_conv")
    content = torch.load(path)
    model = content["model"]
    # What chance makes of photographs differs in the third digit.
    model["encoder.fc_out.weight"] *= 1000
    model["decoder.fc_p.weight"] *= 4
    model["decoder.fc_out.weight"][0] *= -10
    model["decoder.fc_out.bias"][0] = -5
    torch.save(content, path)
    return path


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"object{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        write_png(path, photograph(seed=number))
    return paths


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[Window]:
    with shown_window(qtbot, SIZE) as window:
        yield window


def wait_for(window: Window, qtbot: QtBot, source: Path) -> None:
    """Until the final picture of a scene made of it is there."""

    def there() -> bool:
        opened = window.session.opened
        return opened is not None and opened.beside.photograph == source and window.looking.shown.is_final()

    qtbot.waitUntil(there, timeout=NEVER)


def drawn(network: Path, source: Path, window: Window) -> np.ndarray:
    """[H, W, 3] uint8 as the scene of a photograph draws it from where the window looks."""
    shown = window.session.eye.shown
    assert shown is not None
    scene = open_scene(network, None, "cpu", beside=CompanionPaths(photograph=source)).scene
    return to_uint8(scene.render(shown, {}, never_stop).image.numpy())


@pytest.mark.slow
def test_each_photograph_is_drawn_as_its_own_scene(
    window: Window, qtbot: QtBot, network: Path, photographs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    window.files.open(network)
    qtbot.waitUntil(lambda: window.inputs.dialog is not None, timeout=NEVER)
    dialog = window.inputs.dialog
    assert dialog is not None
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(photographs[0]), ""))
    QTest.mouseClick(dialog.photograph, Qt.MouseButton.LeftButton)
    wait_for(window, qtbot, photographs[0])
    first = window.looking.shown.pixels
    np.testing.assert_array_equal(first, drawn(network, photographs[0], window))
    drop(window, photographs[1])
    wait_for(window, qtbot, photographs[1])
    np.testing.assert_array_equal(window.looking.shown.pixels, drawn(network, photographs[1], window))
    second = window.looking.shown.pixels
    assert first is not None and second is not None and (second != first).any() and (first != 255).any()
    # The photograph is chosen in its card alone.
    assert "input" not in window.options._form.values() and "background" in window.options._form.values()


@pytest.mark.slow
def test_a_video_is_of_the_photograph_that_is_shown(
    window: Window, qtbot: QtBot, network: Path, photographs: list[Path], tmp_path: Path
) -> None:
    window.files.open(network, None, CompanionPaths(photograph=photographs[0]))
    wait_for(window, qtbot, photographs[0])
    drop(window, photographs[2])
    wait_for(window, qtbot, photographs[2])
    out = tmp_path / "frames"
    window.exporting.begin(ExportSettings(frames=1, out=str(out), width=40, height=40))
    qtbot.waitUntil(lambda: window.exporting.job is None, timeout=NEVER)
    (frame,) = sorted(out.glob("rgb_*.png"))
    start = window.session.eye.shown
    assert start is not None
    (camera,) = read_path(out / "cameras.json", start)
    scene = open_scene(network, None, "cpu", beside=CompanionPaths(photograph=photographs[2])).scene
    expected = to_uint8(scene.render(camera, {}, never_stop).image.numpy())
    np.testing.assert_array_equal(to_uint8(read_image(frame)), expected)
    assert (expected != 255).any()


@pytest.mark.slow
def test_what_is_no_photograph_leaves_the_scene(
    window: Window, qtbot: QtBot, network: Path, photographs: list[Path], tmp_path: Path
) -> None:
    window.files.open(network, None, CompanionPaths(photograph=photographs[0]))
    wait_for(window, qtbot, photographs[0])
    before = window.session.opened
    (tmp_path / "cut.png").write_bytes(photographs[1].read_bytes()[:200])
    (tmp_path / "text.jpg").write_text("no photograph")
    write_png(tmp_path / "tiny.png", photograph()[:4, :5])
    for name in ("cut.png", "text.jpg", "tiny.png"):
        window.banner.hide()
        drop(window, tmp_path / name)
        qtbot.waitUntil(window.banner.isVisible, timeout=NEVER)
        assert told(window).startswith(str(tmp_path / name)) and "\n" not in told(window)
        assert window.session.opened is before and window.looking.shown.is_final()
