"""What is trained and was: the runs, their curves, and what is drawn of a photograph that none has trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from app.gui.panel.panel_parts import Choice, Elided, FactsLine, guard_wheel
from app.gui.qt import (
    QAction,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    Qt,
    QVBoxLayout,
    QWidget,
    Signal,
)
from app.gui.theme import Colours
from app.gui.training.curves import CurvesView
from app.gui.training.runs_list import RunsList
from app.gui.training.wipe import Wipe
from app.human_readable import human_bytes, human_time
from app.training.runs.library import Curves, held_out_pictures
from app.training.runs.queue import QueuedRun
from app.training.runs.rows import RunRow

PHOTOGRAPH = "Photograph"
NOTHING = "Drawn at the first validation"


class TrainingPanel(QWidget):
    """Runs at the left, curves in the middle, the held-out view at the right; over them how far it is."""

    selection_changed = Signal()

    def __init__(self, actions: Sequence[QAction]) -> None:
        super().__init__()
        self.state, self.figures = Elided(), FactsLine("", "muted")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setMaximumWidth(220)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self.state)
        top.addWidget(self.progress)
        top.addWidget(self.figures, 1)
        for action in actions:
            top.addWidget(_button(action))
        self.runs, self.curves, self.wipe = RunsList(), CurvesView(), Wipe()
        self._left, self._right = Choice(), Choice()
        for box, side in ((self._left, "Left of the line"), (self._right, "Right of the line")):
            box.setToolTip(side)
            box.set_narrowest(PHOTOGRAPH)
            box.setEnabled(False)
            guard_wheel(box)
            box.currentIndexChanged.connect(self._show_pair)
        self._pictures: list[tuple[str, Path]] = []
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(9)
        for part, share in ((self.runs, 5), (self.curves, 5), (self._make_wipe(), 3)):
            split.addWidget(part)
            split.setStretchFactor(split.count() - 1, share)
        split.setSizes([540, 480, 300])
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(6)
        column.addLayout(top)
        # On a narrow screen it is scrolled through, and does not push the side panel out.
        room = QScrollArea()
        room.setFrameShape(QFrame.Shape.NoFrame)
        room.setWidgetResizable(True)
        room.setWidget(split)
        column.addWidget(room, 1)
        self.setMinimumHeight(170)
        self.runs.chosen.connect(self.selection_changed)
        self.show_job(None, 0)

    def _make_wipe(self) -> QWidget:
        part = QWidget()
        choices = QHBoxLayout()
        choices.setSpacing(6)
        choices.addWidget(self._left, 1)
        choices.addWidget(self._right, 1)
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(choices)
        column.addWidget(self.wipe, 1)
        return part

    def paint(self, colours: Colours) -> None:
        """Takes a theme's colours."""
        for part in (self.runs, self.curves, self.wipe):
            part.paint(colours)

    def show_job(self, job: QueuedRun | None, waiting: int) -> None:
        """How far the run is that is trained now."""
        more = f"{waiting} waiting" if waiting else ""
        self.progress.setVisible(job is not None)
        self.figures.setToolTip("\n".join(job.notes) if job is not None else "")
        if job is None:
            self.state.setText("No training under way")
            self.figures.set_facts([more])
            return
        words = {"starting": "Preparing", "paused": "Paused:", "stopping": "Saving"}
        self.state.setText(f"{words.get(job.status, 'Training')} {job.request.out.name}")
        last = job.last
        self.progress.setMaximum(last.max_steps if last is not None else 0)
        self.progress.setValue(last.step if last is not None else 0)
        self.figures.set_facts([*_figures(job), more])

    def show_curves(self, curves: Mapping[str, Curves]) -> None:
        """Draws the curves of the chosen runs, by name."""
        self.curves.show_curves(curves)

    def show_held_out(self, rows: Sequence[RunRow]) -> None:
        """What was drawn of the chosen runs' held-out view; of two runs their newest are set side by side."""
        found: list[tuple[str, Path]] = []
        newest: list[int] = []
        for row in rows[:2]:
            photograph, pictures = held_out_pictures(row.folder)
            name = f"{row.folder.name}, " if len(rows) > 1 else ""
            if photograph is not None and not found:
                found.append((PHOTOGRAPH, photograph))
            found += [(f"{name}step {step}", path) for step, path in pictures]
            if pictures:
                newest.append(len(found) - 1)
        if [path for _, path in found] != [path for _, path in self._pictures]:
            self._fill(found, newest)
        elif not found:
            self._show_pair()

    def _fill(self, found: list[tuple[str, Path]], newest: list[int]) -> None:
        before = [path for _, path in self._pictures]
        chosen = [box.currentData() for box in (self._left, self._right)]
        at_end = not before or chosen[1] == before[-1] or not set(before) & {path for _, path in found}
        self._pictures = found
        for box in (self._left, self._right):
            box.blockSignals(True)
            box.clear()
            for text, path in found:
                box.addItem(text, path)
        paths = [path for _, path in found]
        left = newest[0] if len(newest) == 2 else 0
        right = len(found) - 1 if at_end or chosen[1] not in paths else paths.index(chosen[1])
        # What was chosen stays, but not beside itself.
        if chosen[0] in paths and len(newest) < 2 and paths.index(chosen[0]) != right:
            left = paths.index(chosen[0])
        self._left.setCurrentIndex(left)
        self._right.setCurrentIndex(right)
        for box in (self._left, self._right):
            box.setEnabled(bool(found))
            box.blockSignals(False)
        self._show_pair()

    def _show_pair(self, *_: object) -> None:
        left, right = self._left.currentData(), self._right.currentData()
        self.wipe.show_pair(left, right, (self._left.currentText(), self._right.currentText()), NOTHING)


def _figures(job: QueuedRun) -> list[str]:
    """How far it is and how good, what is most wanted first."""
    last = job.last
    if last is None:
        return ["reading the photographs …"]
    running = job.status == "running"
    doing = job.doing if running else ""
    rate = last.steps_per_second if running and not doing else None
    return [
        doing,
        f"step {last.step} of {last.max_steps}",
        f"{human_time(last.seconds_left)} left" if rate is not None and last.seconds_left is not None else "",
        f"PSNR {job.psnr:.2f} dB" if job.psnr is not None else "",
        "" if rate is None else f"{rate:.2g} steps/s" if rate < 10 else f"{rate:.0f} steps/s",
        human_bytes(last.memory_bytes),
    ]


def _button(action: QAction) -> QPushButton:
    """A button that does what the action does, and is there while that can be done."""
    button = QPushButton()
    button.setToolTip(action.toolTip())
    button.clicked.connect(action.trigger)

    def follow() -> None:
        # Five at once would leave no room for how far it is. Without a parent yet, it would show as a window.
        if button.parentWidget() is not None or not action.isEnabled():
            button.setVisible(action.isEnabled())
        # Where it stands says what of.
        button.setText(action.text().replace("&", "").rstrip("…").removesuffix(" training"))

    action.changed.connect(follow)
    follow()
    return button
