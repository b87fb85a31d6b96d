"""What is open, in words: doubts stand out, notes do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.gui.panel.scene_panel import SceneCard
from app.gui.qt import QLabel
from tests.app.gui.fake_scene import FakeScene, opened, write_photographs


def test_what_was_assumed_stands_out_and_notes_of_the_data_do_not(qtbot: QtBot, tmp_path: Path) -> None:
    scene = FakeScene()
    scene.assumptions = ("the focal length is a guess",)
    notes = ("2 photographs have no pose", *scene.assumptions)
    dataset = replace(write_photographs(tmp_path, scene), notes=notes)
    card = SceneCard()
    qtbot.addWidget(card)
    card.show_scene(opened(scene, Path("a.pth"), dataset))
    roles = {text.text(): text.property("role") for text in card.findChildren(QLabel)}
    assert roles["The focal length is a guess."] == "warning"
    assert roles["2 photographs have no pose."] == "muted"


def test_a_file_that_is_not_what_its_name_says_stands_out(qtbot: QtBot) -> None:
    scene = FakeScene()
    found = opened(scene, Path("a-abcdef01.pth"))
    card = SceneCard()
    qtbot.addWidget(card)
    notes = ("damaged: its SHA-256 begins with 01234567", "the options are another file's")
    card.show_scene(replace(found, checkpoint=replace(found.checkpoint, notes=notes)))
    roles = {text.text(): text.property("role") for text in card.findChildren(QLabel)}
    assert [roles[text] for text in roles if "SHA-256" in text] == ["warning"]
    assert roles["The options are another file's."] == "muted"


def test_a_file_without_a_folder_is_named_alone(qtbot: QtBot) -> None:
    card = SceneCard()
    qtbot.addWidget(card)
    for path, told in (
        (Path("a.pth"), "a.pth"),
        (Path("runs/a.pth"), "runs/a.pth"),
        (Path("/data/runs/a.pth"), "runs/a.pth"),
    ):
        card.show_scene(opened(FakeScene(), path))
        assert told in {text.text() for text in card.findChildren(QLabel)}
