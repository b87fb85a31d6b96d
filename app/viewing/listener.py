"""What a session tells, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from app.rendering.render_requests import RenderedImage
from app.viewing.comparison import PhotoComparison
from app.viewing.opening import ALONE, CompanionPaths, Opened
from app.viewing.viewpoints import ViewPoint
from engines.core.camera import Array
from engines.core.data.dataset import Dataset

Wanted: TypeAlias = tuple[Path | None, Mapping[str, Any], CompanionPaths]
"""Of a scene that is asked for: its data folder, the options over the command line's, and what else is named."""


class Listener(Protocol):
    """Whoever is told; every call comes on a worker's thread."""

    def opened(self, opening: Opening) -> None:
        """A scene is ready; hand it to `Session.adopt`."""

    def open_failed(self, failure: OpenFailure) -> None:
        """A scene could not be opened; what was open stays."""

    def picture(self, picture: RenderedImage) -> None:
        """A picture is ready; hand it to `Session.show`."""

    def render_failed(self, error: BaseException) -> None:
        """A picture could not be made; the last one stays."""

    def compared(self, comparison: PhotoComparison) -> None:
        """The exact picture at a training view was measured against its photograph."""

    def compare_failed(self, failure: CompareFailure) -> None:
        """Its photograph can't be read."""

    def views_read(self, found: InstanceViews) -> None:
        """Another object's viewpoints are there; hand them to `Session.take_views`."""

    def prepared(self) -> None:
        """Another time step can be drawn; call `Session.resubmit`."""

    def picked(self, point: Array | None) -> None:
        """The point [3] (world) that `Session.pick` asked for; None where nothing is there."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A scene that is on its way, numbered in the order in which they were asked for.

    Attributes:
        chosen: the options over the command line's.
        stay: the eye stays where it is: the scene is open already.
        choice: the object whose views are gone through.
        dataset: that of `data`, where it was read already.
        beside: what else is named.
        anew: the open scene, where it is to be made of other photographs only.
    """

    number: int
    path: Path
    data: Path | None
    chosen: Mapping[str, Any]
    stay: bool
    choice: int
    dataset: Dataset | None
    beside: CompanionPaths
    anew: Opened | None = None


@dataclass(frozen=True)
class Opening:
    """A scene that was opened; `number` tells whether a newer one was asked for since.

    Attributes:
        chosen: the options over the command line's.
        stay: the eye stays where it is: the scene was open already.
        anew: it is the same, made of other photographs.
    """

    number: int
    opened: Opened
    viewpoints: tuple[ViewPoint, ...] = ()
    chosen: Mapping[str, Any] = field(default_factory=dict)
    stay: bool = False
    anew: bool = False


@dataclass(frozen=True)
class OpenFailure:
    """A scene that was not."""

    number: int
    path: Path
    data: Path | None
    error: BaseException
    beside: CompanionPaths = ALONE


@dataclass(frozen=True, eq=False)
class CompareFailure:
    """A picture that could not be measured against its photograph."""

    picture: RenderedImage
    error: BaseException


@dataclass(frozen=True, eq=False)
class InstanceViews:
    """The viewpoints of an object of a class, read after it was chosen; `number` is the scene's, as in `Opening`."""

    number: int
    choice: int
    viewpoints: tuple[ViewPoint, ...]
