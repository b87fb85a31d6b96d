"""Rows of the export dialog that say what kind of pictures and files are written, by what scene and place allow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.export.codecs import CODECS, VIDEO_SUFFIXES, codec_names
from app.export.export_request import EQUIRECTANGULAR, Export, check_kind
from app.export.frame_files import FORMATS, USUAL_FORMAT
from app.export.kept_frames import frames_kept
from app.export.scene_pair import ScenePair
from app.gui.dialog_parts import row
from app.gui.export.export_settings import STEREO, ExportSettings
from app.gui.panel.panel_parts import Choice, label
from app.gui.qt import QCheckBox, QDoubleSpinBox, QFormLayout
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
        """`crop`: to which the scene is cropped."""
        self._scene, self._crop = scene, crop
        self.kind, self.background, self.projection = Choice(), Choice(), Choice()
        self.supersample, self.depth = Choice(), Choice()
        self.eye_distance, self.eye_unit = QDoubleSpinBox(), label("apart, in the scene's units", "muted")
        self.resume = QCheckBox()
        self._wanted = settings
        self._form = ""
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
        if ALPHA in offered_channels(scene, crop):
            rows.addRow("Background", self.background)
        if "depth" in scene.channels:
            rows.addRow("Depth", self.depth)
        rows.addRow("Format", self.kind)
        for choice in (self.kind, self.background, self.projection, self.supersample, self.depth):
            choice.currentIndexChanged.connect(changed)
        self.resume.toggled.connect(changed)

    def chosen(self) -> dict[str, Any]:
        """What of `ExportSettings` is chosen here."""
        return {
            "kind": self.kind.currentData() or "",
            "background": self.background.currentData() if ALPHA in offered_channels(self._scene, self._crop) else "",
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
        form = out.suffix.lower() if out.suffix.lower() in VIDEO_SUFFIXES else ""
        if form != self._form or not self.kind.count():
            self._form = form
            self.kind.blockSignals(True)
            self.kind.offer(kind_titles(out), self._wanted.kind)
            self.kind.blockSignals(False)
        self.kind.setEnabled(self.kind.count() > 1)
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


def kind_titles(out: Path) -> dict[str, str]:
    """The codecs of a video, or the formats of a folder, by name; "": the usual one."""
    names = codec_names(out)
    if names:
        first, *others = names
        return {"": CODECS[first].title, **{name: CODECS[name].title for name in others}}
    return {"": USUAL_FORMAT.title, **{name: form.title for name, form in FORMATS.items()}}


def has_quality(out: Path, kind: str) -> bool:
    """Whether the codec of a video has a choice of quality."""
    names = codec_names(out)
    return bool(names) and CODECS[kind if kind in names else names[0]].has_quality
