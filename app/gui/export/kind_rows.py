"""Rows of the export dialog that say what kind of pictures and files are written, by what scene and place allow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.export.export_request import EQUIRECTANGULAR, Export, check_kind
from app.export.kept_frames import frames_kept
from app.export.scene_pair import ScenePair
from app.gui.dialog_parts import row
from app.gui.export.export_settings import STEREO, ExportSettings
from app.gui.export.format_choice import FormatChoice
from app.gui.panel.panel_parts import Choice, label
from app.gui.qt import QCheckBox, QDoubleSpinBox, QFormLayout, QHBoxLayout
from app.rendering.compositing import TRANSPARENT
from app.rendering.crop_box import CropBox
from app.rendering.cropping import offered_channels
from engines.core.engine import Scene
from engines.core.errors import UserError
from engines.core.frame import ALPHA

EXPORT_BACKGROUNDS = {"": "As in the window", "white": "White", "black": "Black", TRANSPARENT: "Transparent"}
PROJECTION_TITLES = {
    "pinhole": "One picture",
    STEREO: "Stereo pair, side by side",
    EQUIRECTANGULAR: "All around (360°)",
}
DEPTH_TITLES = {"z": "Along the camera's axis (z)", "range": "Along each pixel's ray (range)"}
SUPERSAMPLE_TITLES = {"1": "None", "2": "2 × 2", "3": "3 × 3", "4": "4 × 4"}


class KindRows:
    """The rows; whoever made them hears of each change, and asks what is chosen."""

    def __init__(
        self,
        rows: QFormLayout,
        scene: Scene,
        settings: ExportSettings,
        changed: Callable[[], None],
        crop: CropBox | None = None,
    ) -> None:
        """`crop`: to which the scene is cropped; changes of `kind` are for the one who has the place to hear of."""
        self._scene, self._crop = scene, crop
        self.kind, self.background, self.projection = FormatChoice(settings.kind), Choice(), Choice()
        self.supersample, self.depth = Choice(), Choice()
        self.eye_distance, self.eye_unit = QDoubleSpinBox(), label("apart, in the scene's units", "muted")
        self.resume = QCheckBox()
        self.background.offer(EXPORT_BACKGROUNDS, settings.background)
        projections = PROJECTION_TITLES if scene.native_px is None else list(PROJECTION_TITLES)[:2]
        self.projection.offer({name: PROJECTION_TITLES[name] for name in projections}, settings.projection)
        self.supersample.offer(SUPERSAMPLE_TITLES, str(settings.supersample))
        self.depth.offer(DEPTH_TITLES, settings.depth)
        self.eye_distance.setDecimals(4)
        self.eye_distance.setRange(0.0001, 1e6)
        self.eye_distance.setValue(settings.eye_distance)
        self.resume.setChecked(settings.resume)
        line = row()
        for part in (self.projection, self.eye_distance, self.eye_unit):
            line.addWidget(part)
        line.addStretch(1)
        rows.addRow("Picture", line)
        if scene.native_px is None:
            rows.addRow("Supersampling", self.supersample)
            self.supersample.setToolTip("Draws larger pictures and averages them by area: smoother edges")
        rows.addRow("Background", self._background_row())
        if "depth" in scene.channels:
            rows.addRow("Depth", self.depth)
        rows.addRow("Format", self.kind)
        for choice in (self.background, self.projection, self.supersample, self.depth):
            choice.currentIndexChanged.connect(changed)
        self.resume.toggled.connect(changed)

    @property
    def _has_alpha(self) -> bool:
        return ALPHA in offered_channels(self._scene, self._crop)

    def _background_row(self) -> QHBoxLayout:
        line = row()
        line.addWidget(self.background)
        line.addStretch(1)
        if not self._has_alpha:
            self.background.setEnabled(False)
            self.background.setToolTip("What stands behind a scene that has an opacity, or is cropped")
            if "depth" in self._scene.channels:
                line.insertWidget(1, label("crop the scene to have it transparent", "muted"))
        return line

    def chosen(self) -> dict[str, Any]:
        """What of `ExportSettings` is chosen here."""
        return {
            "kind": self.kind.kind,
            "background": self.background.currentData() if self._has_alpha else "",
            "projection": self.projection.currentData(),
            "supersample": int(self.supersample.currentData()) if self._scene.native_px is None else 1,
            "eye_distance": self.eye_distance.value(),
            "depth": self.depth.currentData(),
            # Asked of what was chosen, not of what is seen: before the dialog is shown nothing is.
            "resume": self.resume.isChecked() and not self.resume.isHidden(),
        }

    def follow(self, settings: ExportSettings) -> None:
        """Offers what fits the place and the channels that are chosen."""
        out = Path(settings.out).expanduser()
        self.kind.follow(out)
        is_stereo = self.projection.currentData() == STEREO
        self.eye_distance.setVisible(is_stereo)
        self.eye_unit.setVisible(is_stereo)
        self.depth.setEnabled("depth" in settings.channels and settings.projection != EQUIRECTANGULAR)
        done, total = frames_kept(out) if settings.out else (0, 0)
        self.resume.setText(f"Go on with the export that was broken off: {done} of {total} frames are there")
        self.resume.setVisible(done > 0)

    def fault(self, settings: ExportSettings, pair: ScenePair | None = None) -> str:
        """Why what is chosen can't be; "" where it can."""
        try:
            size_px = (settings.width, settings.height) if settings.width and settings.height else None
            out, channels = Path(settings.out), settings.channels
            export = Export((), out, size_px=size_px, channels=channels, pair=pair, crop_box=self._crop)
            check_kind(self._scene, settings.of_kind(export))
        except UserError as error:
            return str(error)
        return ""
