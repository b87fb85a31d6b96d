"""Text of files is drawn as it stands."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.gui.feedback.banner import Banner
from app.gui.panel.panel_parts import label
from app.gui.plain_text import MOST_TOLD, cut, tip
from app.gui.qt import QLabel, Qt
from app.gui.window import Window

MARKUP = "<b>bold</b> <img src='/nowhere.png'>"


def test_labels_and_messages_show_markup_as_text(window: Window, qtbot: QtBot) -> None:
    assert label(MARKUP).textFormat() == Qt.TextFormat.PlainText
    assert window.banner.text.textFormat() == Qt.TextFormat.PlainText
    rich = [
        shown for shown in window.findChildren(QLabel) if shown.textFormat() != Qt.TextFormat.PlainText and shown.text()
    ]
    assert not [shown.text() for shown in rich if not shown.text().isprintable()]


def test_a_message_is_cut_to_what_fits(window: Window) -> None:
    assert isinstance(window.banner, Banner)
    window.banner.tell("error", "x" * 10**6)
    assert len(window.banner.text.text().replace("\u200b", "")) <= MOST_TOLD
    assert cut("short") == "short"


def test_tool_tips_show_markup_as_text() -> None:
    assert tip("a & b") == "a & b"
    assert tip(MARKUP) == "<qt>&lt;b&gt;bold&lt;/b&gt; &lt;img src=&#x27;/nowhere.png&#x27;&gt;</qt>"
