"""What a fault of the program ends in: what happened, a report that can be copied, and one goes on."""

from __future__ import annotations

from app.gui.dialog_parts import fit_to_screen, make_default
from app.gui.panel.panel_parts import label
from app.gui.plain_text import cut, plain_label
from app.gui.qt import QApplication, QDialog, QFont, QHBoxLayout, QPlainTextEdit, QPushButton, Qt, QVBoxLayout, QWidget

SIZE_PX = (760, 520)
COMFORT = "What is open is still there. What you did last may not have been done; the log has all of it."


class FaultDialog(QDialog):
    """Not modal: whatever can still be done can be done beside it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Something went wrong")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.what, self.often = plain_label(), label("", "dim", wrap=True)
        self.what.setWordWrap(True)
        self.what.setProperty("role", "heading")
        self.what.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.report = QPlainTextEdit()
        self.report.setReadOnly(True)
        self.report.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.report.setTabChangesFocus(True)
        font = self.report.font()
        font.setStyleHint(QFont.StyleHint.Monospace)
        font.setFamily("monospace")
        self.report.setFont(font)
        self.copy, self.go_on = QPushButton("Copy report"), QPushButton("Keep working")
        self.copy.setToolTip("What stands above, to be pasted into a mail or an issue; no paths of your home are in it")
        self.go_on.setProperty("primary", True)
        self.copy.clicked.connect(self._copy)
        self.go_on.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.copy)
        buttons.addWidget(self.go_on)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        for widget in (self.what, self.often):
            layout.addWidget(widget)
        layout.addWidget(self.report, 1)
        layout.addLayout(buttons)
        make_default(self, self.go_on)
        fit_to_screen(self, *SIZE_PX)

    def show_fault(self, what: str, report: str) -> None:
        """Tells of a fault, in a line and at length."""
        self.what.setText(cut(what))
        self.report.setPlainText(report)
        self.show_count(1)

    def show_count(self, count: int) -> None:
        """How often it has happened."""
        again = "" if count == 1 else f" It has happened {count} times."
        self.often.setText(COMFORT + again)

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.report.toPlainText())
        self.copy.setText("Copied")
