"""What callers may write in an argument, as the program takes it: sizes, controls, paths, options."""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from app.camera.fitting import Fit
from app.export.named_controls import ControlChoices
from app.export.render_settings import path_of
from engines.core.camera import MOST_PX, Array, Camera
from engines.core.engine import BLEND, BLEND_WITH, INSTANCE, TIME, Scene
from engines.core.errors import UserError
from engines.core.upright import parse_up

AnyPath: TypeAlias = "str | PathLike[str]"
CamerasLike: TypeAlias = "AnyPath | Sequence[Camera] | None"
"""A path by its name, a split of the data, a file or folder of cameras, cameras; None: the usual path."""
ControlValue: TypeAlias = "float | str"
"""A number, or the name of a choice."""


def size_asked(camera: Camera, width: int | None, height: int | None) -> tuple[int, int] | None:
    """(width, height) of a picture; where only one is given, in the camera's own shape. None: neither is.

    Raises:
        UserError: it is no size.
    """
    wide, high = _pixels("width", width), _pixels("height", height)
    across, down = camera.size_px
    if wide is None:
        return None if high is None else (max(1, round(across * high / down)), high)
    return wide, max(1, round(down * wide / across)) if high is None else high


def _pixels(name: str, given: int | None) -> int | None:
    try:
        pixels = None if given is None else operator.index(given)
    except TypeError:
        pixels = 0
    if pixels is not None and not 1 <= pixels <= MOST_PX:
        raise UserError(f"{name} {given}: must be a whole number of pixels, 1 to {MOST_PX}")
    return pixels


@dataclass(frozen=True)
class PathRequest:
    """A path that somebody asks for.

    Attributes:
        path: as `CamerasLike` has it.
        frames: of a generated path; of others only the first so many; None: as many as there are.
        controls: by their names.
        fps: frames a second; None: the path's own, where its file says.
    """

    path: CamerasLike
    frames: int | None
    controls: Mapping[str, ControlValue]
    fps: float | None = None


@dataclass(frozen=True)
class Framing:
    """How images are to be framed.

    Attributes:
        width, height: pixels; None: see `size_asked`.
        fit: as in `fit_cameras`.
        background: behind what is transparent: a colour of CSS, "#rrggbb", "checkerboard"; None: as the scene has it.
    """

    width: int | None = None
    height: int | None = None
    fit: Fit | None = None
    background: str | None = None

    def size_px(self, scene: Scene, camera: Camera) -> tuple[int, int] | None:
        """(width, height) of the images of a path that begins with `camera`; None: as they are.

        Raises:
            UserError: it is no size, or none that the scene can draw.
        """
        size, native = size_asked(camera, self.width, self.height), scene.native_px
        if size is not None and native is not None and size != native:
            given = {name: px for name, px in (("width", self.width), ("height", self.height)) if px is not None}
            said = ", ".join(f"{name} {px}" for name, px in given.items())
            raise UserError(
                f"{said}: this scene can only draw {native[0]}x{native[1]}; leave {' and '.join(given)} out"
            )
        return size


def control_choices(controls: Mapping[str, ControlValue]) -> ControlChoices:
    """Controls by their names, as the program reads them.

    Raises:
        UserError: a value is neither a number nor a text.
    """
    said = {name: value if isinstance(value, str) else _number(name, value) for name, value in controls.items()}
    instance, blend_with = said.pop(INSTANCE, None), said.pop(BLEND_WITH, None)
    time, blend = (_number(name, said.pop(name)) if name in said else None for name in (TIME, BLEND))
    texts = tuple(f"{name}={value}" for name, value in said.items() if isinstance(value, str))
    numbers = {name: value for name, value in said.items() if not isinstance(value, str)}
    return ControlChoices(instance, time, blend_with, blend, texts, numbers)


def _number(name: str, value: ControlValue) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise UserError(f"{name} {value}: must be a number") from error


def path_asked(path: CamerasLike) -> str | Path | Sequence[Camera] | None:
    """A path as `RenderSettings` has it.

    Raises:
        UserError: there is no such file, nor a path of that name; or something in it is no camera.
    """
    if path is None:
        return None
    if isinstance(path, str | PathLike):
        return path_of(fspath(path))
    cameras = tuple(path)
    if not all(isinstance(camera, Camera) for camera in cameras):
        raise UserError("path: must be a name, a file or folder, or cameras (vantage.Camera)")
    return cameras


def place(path: AnyPath) -> Path:
    """A file or folder, `~` being the user's own."""
    return Path(path).expanduser()


def maybe_place(path: AnyPath | None) -> Path | None:
    """A file or folder; None where none is named."""
    return None if path is None else place(path)


def up_asked(up: str | Sequence[float] | Array | None) -> Array | None:
    """[3] unit vector in the world, of an axis' name or of three numbers; None where none is named.

    Args:
        up: "z", "-y", or [3] of any length.

    Raises:
        UserError: it is no direction.
    """
    if up is None:
        return None
    return parse_up(up if isinstance(up, str) else ",".join(repr(float(value)) for value in np.asarray(up).ravel()))


def plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as files of settings have them: without paths and numpy's numbers.

    Raises:
        UserError: a value is nothing that such a file can hold.
    """
    plain = {name: _plain(value) for name, value in options.items()}
    for name, value in plain.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError) as error:
            raise UserError(f"{name}: can't be written as plain data ({error})") from error
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, PathLike):
        return str(place(value))
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
