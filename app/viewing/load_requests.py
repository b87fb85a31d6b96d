"""What is asked of the scene loader, and what it answers: a loaded scene, or why it could not be opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from app.viewing.opening import ALONE, CompanionPaths, Opened
from app.viewing.viewpoints import ViewPoint
from engines.core.data.dataset import Dataset

Wanted: TypeAlias = tuple[Path | None, Mapping[str, Any], CompanionPaths]
"""Of a scene that is asked for: its data folder, the options over the command line's, and what else is named."""


@dataclass(frozen=True, eq=False)
class LoadRequest:
    """A scene that is on its way, numbered in the order in which they were asked for.

    Attributes:
        chosen: the options over the command line's.
        stay: the camera stays where it is: the scene is open already.
        instance: whose views are gone through.
        dataset: that of `data`, where it was read already.
        beside: what else is named.
        anew: the open scene, where it is to be made of other photographs only.
    """

    number: int
    path: Path
    data: Path | None
    chosen: Mapping[str, Any]
    stay: bool = False
    instance: int = 0
    dataset: Dataset | None = None
    beside: CompanionPaths = ALONE
    anew: Opened | None = None


@dataclass(frozen=True, eq=False)
class LoadedScene:
    """A scene that was opened.

    Attributes:
        viewpoints: of the instance that was asked for.
    """

    request: LoadRequest
    opened: Opened
    viewpoints: tuple[ViewPoint, ...] = ()


@dataclass(frozen=True)
class OpenFailure:
    """A scene that was not."""

    request: LoadRequest
    error: BaseException
