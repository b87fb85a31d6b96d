"""No word of the command line is said in the window."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.gui.window import Window
from app.gui.words import breakable, in_window
from app.training.presets import preset_names, presets_of
from engines.core.errors import UserError
from engines.registry import all_engines

ROOT = Path(__file__).resolve().parents[3]
DOORS = ("commands", "cli.py")


@pytest.mark.parametrize(
    ("said", "window"),
    [
        ("a: saved at step 4, go on with --resume", "a: saved at step 4, resume it (Training > Resume training)"),
        (
            "no training.pt to resume from; start without --resume",
            "no training.pt to resume from; train it as a new run",
        ),
        ("set scale (--set scale=... --set near_plane=...)", "set scale (in All options: scale near_plane)"),
        ("or go on from step 2 with --resume --set lr=1e-4", "or go on from step 2 by Resume, with lr = 1e-4"),
        ("--set: lr=-1: must be more than 0", "option: lr=-1: must be more than 0"),
        ("choose one (--data FOLDER), with frames", "choose one (File > Choose data folder…), with frames"),
        (
            "--device mps: not available here; use --device auto",
            "device mps: not available here; choose the device auto",
        ),
        ("name one (--input FILE), or more", "name one (File > Input photograph…), or more"),
        ("is taken; --input FILE names another", "is taken; File > Input photograph… names another"),
        ("--input a.png: leave it out", "input photograph a.png: leave it out"),
        ("held on their side; --up chooses", "held on their side; the up axis chooses"),
        ("made of 8, 9 of 12 (--set views=[...] chooses others)", "made of 8, 9 of 12"),
        (
            "sparse: is there; name another folder, or say --overwrite, which keeps the old one in replaced",
            "sparse: is there; name another folder",
        ),
        ("a -- b", "a -- b"),
    ],
)
def test_sentences_for_the_command_line_are_said_otherwise(said: str, window: str) -> None:
    assert in_window(said) == window


def told() -> Iterator[tuple[str, str]]:
    """(place, sentence) of what may be said outside of the commands and names an option of theirs."""
    for path in sorted([*(ROOT / "app").rglob("*.py"), *(ROOT / "engines").rglob("*.py")]):
        if any(part in DOORS for part in path.relative_to(ROOT / "app" if "app" in path.parts else ROOT).parts):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
                text = node.value
            else:
                continue
            if re.search(r"(?<![\w-])--[a-z]", text) and " " in text.strip():
                yield f"{path.relative_to(ROOT)}:{node.lineno}", text


def test_nothing_that_is_said_anywhere_keeps_an_option() -> None:
    sentences = list(told())
    assert len(sentences) > 10
    left = [(place, in_window(text)) for place, text in sentences if "words" not in place and "--" in in_window(text)]
    assert left == []


def test_presets_are_described_without_options() -> None:
    presets = [preset for engine in all_engines() for preset in presets_of(engine)]
    assert len(presets) == len(preset_names())
    for preset in presets:
        assert "--" not in preset.about, preset.name


def test_errors_in_the_window_have_its_words(window: Window) -> None:
    window.notifications.error(UserError("run: can't be written; go on with --resume"))
    assert window.banner.text.text() == "run: can't be written; resume it (Training > Resume training)"


def test_an_error_comes_back_when_what_followed_it_is_dismissed(window: Window, qtbot: QtBot) -> None:
    window.notifications.error(UserError("the training lost its data"))
    window.notifications.error(UserError("the picture can't be compared"))
    window.banner._leave()
    assert window.banner.isVisible() and window.banner.text.text() == "the training lost its data"
    window.banner._leave()
    assert not window.banner.isVisible()


def test_a_long_path_does_not_widen_the_message(window: Window, qtbot: QtBot) -> None:
    path = "/" + "/".join(["a-long-folder-name"] * 14)
    window.notifications.error(UserError(f"{path}: can't be read"))
    assert breakable(path).replace("\u200b", "") == path
    assert window.banner.text.minimumSizeHint().width() < window.banner.width() <= 720
