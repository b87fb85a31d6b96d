"""Where the eye is: the view and its split; the comparison with its image; and what is drawn over the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.gui.panel.panel_parts import Card, Choice, Slider, form, guard_wheel, label
from app.gui.qt import QAction, QCheckBox, QGridLayout, QHBoxLayout, QSize, QSizePolicy, Qt, QToolButton, Signal
from engines.core.data.views import Split

SPLIT_NAMES: dict[Split, str] = {"train": "Training views", "validation": "Validation views", "test": "Test views"}


class ViewCard(Card):
    """A slider through the views of a split, and the comparison with their images."""

    view_chosen = Signal(int)
    split_chosen = Signal(str)
    share_chosen = Signal(float)
    """How much of the image is shown, of the width or of its opacity."""

    def __init__(self) -> None:
        super().__init__("View")
        self._names: tuple[str, ...] = ()
        self.name = label("")
        # A long name is cut off; it must not make the panel wider.
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.slider = Slider(Qt.Orientation.Horizontal)
        guard_wheel(self.slider)
        self.slider.setToolTip("Go through the views")
        self.slider.sliderMoved.connect(self.view_chosen)
        # Clicks beside the handle and keys move it without a drag.
        self.slider.actionTriggered.connect(lambda _: self.view_chosen.emit(self.slider.sliderPosition()))
        self._steps = row = QHBoxLayout()
        row.setSpacing(3)
        row.addWidget(self.name, 1)
        self.split = Choice()
        guard_wheel(self.split)
        self.split.setToolTip("Which views are gone through: a scene is judged by those it was not trained on")
        self.split.activated.connect(lambda _: self.split_chosen.emit(self.split.currentData()))
        self.body.addWidget(self.split)
        self.body.addLayout(row)
        self.body.addWidget(self.slider)
        self._comparison = QHBoxLayout()
        self._comparison.setSpacing(3)
        self.body.addLayout(self._comparison)
        self.share = Slider(Qt.Orientation.Horizontal)
        self.share.setRange(0, 100)
        self.share.setToolTip("How much of the image is shown")
        guard_wheel(self.share)
        self.share.valueChanged.connect(lambda value: self.share_chosen.emit(value / 100))
        self.share.hide()
        self.body.addWidget(self.share)
        self._facts = form()
        self.psnr, self.ssim = label(), label()
        scores = QHBoxLayout()
        scores.setSpacing(10)
        scores.addWidget(self.psnr)
        scores.addWidget(self.ssim, 1)
        self.cropped = label("in the crop box", "muted")
        self.cropped.hide()
        scores.addWidget(self.cropped)
        self._facts.addRow(label("PSNR, SSIM", "muted"), scores)
        self.body.addLayout(self._facts)

    def add_steps(self, actions: Sequence[QAction]) -> None:
        """A button for each way to another view."""
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setIconSize(QSize(16, 16))
            self._steps.addWidget(button)

    def add_comparison(self, actions: Sequence[QAction]) -> None:
        """A button for each way to compare the picture with the view's image."""
        for action in actions:
            button = QToolButton()
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setProperty("segment", True)
            button.setDefaultAction(action)
            button.setText(action.text().replace("&", "").split()[0])
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            # The action would give it its own, long text again.
            action.changed.connect(
                lambda button=button, action=action: button.setText(action.text().replace("&", "").split()[0])
            )
            self._comparison.addWidget(button)

    def show_share(self, shown: bool, share: float) -> None:
        """The slider, where there is something to slide."""
        self.share.setVisible(shown)
        self.share.blockSignals(True)
        self.share.setValue(round(100 * share))
        self.share.blockSignals(False)

    def set_views(self, names: Sequence[str], splits: Mapping[Split, int], split: Split) -> None:
        """The views that there are, of the splits that there are."""
        self.split.offer({name: f"{SPLIT_NAMES[name]} ({count})" for name, count in splits.items()}, split)
        self.split.setVisible(len(splits) > 1)
        self._names = tuple(names)
        self.slider.setRange(0, max(len(names) - 1, 0))
        self.slider.setEnabled(len(names) > 1)

    def show_view(self, index: int | None) -> None:
        """Shows at which view the eye is; None: at none."""
        if not self._names:
            self.name.setText("not known")
        elif index is None:
            self.name.setText("not at a view" if len(self._names) == 1 else f"between the {len(self._names)} views")
        else:
            self.name.setText(f"{index + 1} of {len(self._names)}  ·  {self._names[index]}")
            if not self.slider.isSliderDown():
                self.slider.setValue(index)

    def show_scores(self, psnr_db: float | None, ssim: float | None, is_cropped: bool) -> None:
        """What the picture scores against the photograph, where it is at one; None: not known, or not yet.

        Args:
            is_cropped: what lies outside of the crop box does not count.
        """
        self.psnr.setText("–" if psnr_db is None else f"{psnr_db:.2f} dB")
        self.ssim.setText(f"{ssim:.4f}" if ssim is not None else "" if psnr_db is None else "…")
        self.cropped.setVisible(is_cropped)


class OverlayCard(Card):
    """A check box for each overlay's command."""

    def __init__(self, actions: Sequence[QAction]) -> None:
        super().__init__("Overlays")
        grid = QGridLayout()
        grid.setVerticalSpacing(5)
        for index, action in enumerate(actions):
            box = QCheckBox(action.text().replace("&", ""))
            box.setToolTip(action.toolTip())
            box.setChecked(action.isChecked())
            box.toggled.connect(lambda on, action=action: action.trigger() if action.isChecked() != on else None)
            action.toggled.connect(box.setChecked)
            grid.addWidget(box, index // 2, index % 2)
        self.body.addLayout(grid)
