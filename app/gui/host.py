"""What the parts of the window need of it, so that they need not know the window itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from app.gui.actions import Actions
from app.gui.banner import Banner
from app.gui.busy import Busy
from app.gui.export.export_bar import ExportBar
from app.gui.panel.channel_panel import ChannelCard
from app.gui.panel.controls_panel import ControlsCard
from app.gui.panel.source_panel import SourceCard
from app.gui.panel.view_panel import ViewCard
from app.gui.status import Status
from app.gui.viewport.viewport import Viewport
from app.settings import Settings
from app.viewing.load_requests import OpenFailure
from app.viewing.opening import ALONE, CompanionPaths
from app.viewing.session import Session


class Opener(Protocol):
    """Opens scenes."""

    def open(self, path: Path, data: Path | None = None, beside: CompanionPaths = ALONE) -> None:
        """Begins to open; says so."""

    def open_with(self, path: Path, data: Path | None) -> None:
        """Begins to open a scene with a data folder that may be gone."""


class DataOpener(Opener, Protocol):
    """Also gives the open scene its data."""

    def attach(self, folder: Path) -> None:
        """Opens the same scene again with a data folder."""


class Learner(Protocol):
    """Trains scenes."""

    def ask(self, folder: Path | None) -> None:
        """The dialog, on what is to be trained on."""


class MeshOpener(Protocol):
    """Shows meshes with the open scene."""

    def open(self, path: Path) -> None:
        """Begins to read a mesh file; says so."""


class InputTaker(Protocol):
    """Makes scenes of photographs, where methods do."""

    @property
    def wanted(self) -> bool:
        """Whether a photograph can be given now."""

    def take(self, path: Path, others: int = 0) -> None:
        """Makes the scene of a photograph, or of a folder of such; `others` that came with it are left."""

    def want(self, failure: OpenFailure, gone: Path | None = None) -> None:
        """Asks for what a scene can't be opened without; `gone`: what it was made of before."""

    def ask(self) -> None:
        """Asks for another."""

    def forget(self) -> None:
        """Something else is being opened."""


class DropTarget(Protocol):
    """The window, as far as what is dropped on it needs it."""

    session: Session
    files: DataOpener
    trainings: Learner
    meshes: MeshOpener
    inputs: InputTaker
    widget: Any


class Shown(Protocol):
    """What is on the screen."""

    def show_state(self) -> None:
        """Tells whether it is what is chosen."""


class Host(Protocol):
    """The window, as its parts see it. `widget` is the parent of their dialogs."""

    session: Session
    settings: Settings
    viewport: Viewport
    status: Status
    banner: Banner
    export_bar: ExportBar
    commands: Actions
    channels: ChannelCard
    controls: ControlsCard
    views: ViewCard
    sources: SourceCard
    files: Opener
    inputs: InputTaker
    looking: Shown
    busy: Busy
    widget: Any

    def change_settings(self, settings: Settings) -> None:
        """Takes new settings, to be remembered."""

    def scene_changed(self) -> None:
        """A scene was adopted or closed."""

    def show_notes(self) -> None:
        """The scene has more to say of what is shown in place of what."""

    def show_viewport(self) -> None:
        """A scene is on its way."""

    def opening_ended(self) -> None:
        """It did not come."""

    def show_training(self, shown: bool) -> None:
        """Shows or hides the training panel."""

    def update_commands(self) -> None:
        """What commands act on has changed."""

    def guarded(self, work: Callable[..., None]) -> Callable[..., None]:
        """Wraps `work` so that what the user did wrong is told, not raised."""

    def tell_error(self, error: BaseException, button: str = "", act: Callable[[], None] | None = None) -> None:
        """Says what went wrong."""
