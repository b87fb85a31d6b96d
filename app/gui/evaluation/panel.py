"""The evaluation panel: how far it is and what came of it, the table of views, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence

from app.gui.evaluation.view_table import ViewTable
from app.gui.panel.panel_parts import Choice, Elided, guard_wheel
from app.gui.qt import QAction, QHBoxLayout, QProgressBar, Qt, QToolButton, QVBoxLayout, QWidget
from engines.core.data.views import Split

SPLITS: tuple[tuple[str, Split | None], ...] = (
    ("Held-out views", None),
    ("Test views", "test"),
    ("Validation views", "validation"),
    ("Training views", "train"),
)


class EvaluationPanel(QWidget):
    """What the window shows of an evaluation."""

    def __init__(self, actions: Sequence[QAction]) -> None:
        """`actions`: to begin, to cancel, to save the report."""
        super().__init__()
        self.state = Elided("", "muted")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setMaximumWidth(220)
        self.split = Choice()
        guard_wheel(self.split)
        self.split.setToolTip("Which views: held-out ones are the first of test and validation views that there are")
        for name, split in SPLITS:
            self.split.addItem(name, split)
        self.table = ViewTable()
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self.split)
        top.addWidget(self.progress)
        top.addWidget(self.state, 1)
        for action in actions:
            button = QToolButton()
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setDefaultAction(action)
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        self.setMinimumHeight(170)
        self.show_progress(None)

    def show_progress(self, share: tuple[int, int] | None) -> None:
        """How many views are judged, and of how many; None: nothing is under way."""
        self.progress.setVisible(share is not None)
        self.split.setEnabled(share is None)
        if share is not None:
            self.progress.setMaximum(share[1])
            self.progress.setValue(share[0])
