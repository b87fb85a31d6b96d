"""What the parts of the window are given of it, so that they need not know the window itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from app.gui.feedback.notifications import Notifications
from app.gui.menus.actions import Actions
from app.settings import RememberedSettings
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


class DropTarget(Protocol):
    """The window, as far as what is dropped on it needs it."""

    session: Session
    files: DataOpener
    trainings: Learner
    meshes: MeshOpener
    inputs: InputTaker
    notifications: Notifications
    widget: Any


class Host(Protocol):
    """The window, as its parts see it.

    Attributes:
        session: what is open; it tells of its changes.
        settings: what is remembered.
        notifications: what is told to the user.
        commands: the actions of menus and bars.
        widget: the parent of dialogs.
    """

    session: Session
    settings: RememberedSettings
    notifications: Notifications
    commands: Actions
    widget: Any
