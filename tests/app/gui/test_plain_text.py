"""Text of files is drawn as it stands."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.gui.feedback.banner import Banner
from app.gui.panel.panel_parts import label
from app.gui.plain_text import MOST_TOLD, cut, is_sure, tip
from app.gui.qt import QLabel, QMessageBox, Qt, QWidget
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


def test_a_question_shows_a_name_as_it_stands(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No

    def question(
        _parent: object, _title: str, text: str, _buttons: object, usual: QMessageBox.StandardButton
    ) -> object:
        assert usual == no
        asked.append(text)
        return yes if len(asked) == 1 else no

    monkeypatch.setattr(QMessageBox, "question", question)
    assert is_sure(QWidget(), "Trash", "Move <img src=x> to the trash?")
    assert not is_sure(QWidget(), "Trash", "Move car to the trash?")
    assert asked == ["<qt>Move &lt;img src=x&gt; to the trash?</qt>", "Move car to the trash?"]
