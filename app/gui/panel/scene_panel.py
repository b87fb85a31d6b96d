"""What is open, in plain words, and what had to be assumed."""

from __future__ import annotations

from pathlib import Path

from app.gui.panel.panel_parts import Card, clear, form, label
from app.gui.qt import QPushButton, Qt, QVBoxLayout, Signal, combined
from app.gui.words import breakable, in_window
from app.human_readable import as_sentence
from app.viewing.opening import Opened
from engines.core.device import describe_device
from engines.core.storage.published_name import DAMAGED
from engines.core.storage.run_folder import LIVE_NAME
from engines.registry import find_engine


class SceneCard(Card):
    """The scene's name, method, size and assumptions."""

    data_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("Scene")
        self._rows = form()
        self.body.addLayout(self._rows)
        self._notes = QVBoxLayout()
        self._notes.setSpacing(7)
        self.body.addLayout(self._notes)

    def show_scene(self, opened: Opened | None) -> None:
        """Describes a scene; None empties the card."""
        clear(self._rows)
        clear(self._notes)
        if opened is None:
            return
        for name, value in _facts(opened).items():
            title = label(name, "muted")
            # Beside the first line of a value of several.
            title.setAlignment(combined(Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignTop))
            self._rows.addRow(title, label(value, wrap=True))
        # What was assumed may be wrong, as what is damaged; other notes are only to be known.
        roles = dict.fromkeys(opened.scene.assumptions, "warning")
        for note in opened.notes:
            roles.setdefault(note, "warning" if note.startswith(DAMAGED) else "muted")
        for text, role in roles.items():
            self._notes.addWidget(label(breakable(in_window(as_sentence(text))), role, wrap=True))
        if opened.dataset is None and opened.checkpoint.scene is None:
            button = QPushButton("Choose data folder…")
            button.setToolTip("The folder that the scene was trained on: its cameras and photographs")
            button.clicked.connect(self.data_wanted)
            self._notes.addWidget(button)


def _facts(opened: Opened) -> dict[str, str]:
    scene, checkpoint, dataset = opened.scene, opened.checkpoint, opened.dataset
    path = opened.path
    run = path.name == LIVE_NAME
    file = {"Run": path.parent.name} if run else {"File": Path(path.parent.name, path.name).as_posix()}
    facts = {**file, "Method": find_engine(scene.engine).title}
    if checkpoint.step:
        facts["Step"] = f"{checkpoint.step:,}"
    facts["Size"] = "any" if scene.native_px is None else f"{scene.native_px[0]} × {scene.native_px[1]}"
    facts["Cameras"] = str(len(scene.cameras)) if scene.cameras else "not known"
    facts["Data"] = f"{dataset.source.name} ({len(dataset.views.photographed)} photographs)" if dataset else "none"
    facts["Device"] = describe_device(scene.device)
    return facts
