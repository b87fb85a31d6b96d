"""Camera paths in JSON: our own, and those of other programs, told apart by their fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engines.core.camera import Camera
from engines.core.errors import UserError
from engines.core.formats.transforms_json import read_cameras
from engines.core.paths.exchange.inria import inria_camera
from engines.core.paths.exchange.instant_ngp import read_ngp
from engines.core.paths.exchange.keyed_content import content_of_keys
from engines.core.paths.exchange.lichtfeld import read_lichtfeld
from engines.core.paths.exchange.nerfstudio import read_nerfstudio
from engines.core.paths.keyed_json import is_keyed, keyed_from
from engines.core.paths.path_content import PathContent
from engines.core.paths.path_times import times_said
from engines.core.reading import read_json, shortened

OTHER_FILES = {
    "sfm_data_version": "the scene of OpenMVG (sfm_data.json)",
    "views": "the scene of Meshroom or OpenMVG",
    "extrinsics": "the scene of OpenMVG (sfm_data.json)",
    "asset": "a glTF scene; name it .gltf",
    "shots": "a reconstruction of OpenSfM",
}
"""What a JSON file is that can't be used, by a field that it has."""


def json_content(path: Path, like: Camera) -> PathContent:
    """What a JSON file holds, whose kind is told by its fields.

    Raises:
        UserError: names the file and the camera that is wrong, or what the file is.
    """
    data = read_json(path)
    if isinstance(data, Mapping):
        if is_keyed(data):
            return content_of_keys(keyed_from(str(path), data))
        for field, read in _OF_FIELD.items():
            if isinstance(data.get(field), list):
                return replace(read(path, data, like), times_said=times_said(path, data))
    listed = data.get("cameras") if isinstance(data, dict) else data
    if not isinstance(listed, list):
        what = next((name for field, name in OTHER_FILES.items() if isinstance(data, dict) and field in data), None)
        holds = f"; it is {what}" if what else ""
        raise UserError(
            f"{path}: holds no cameras that are known (a list of cameras, nerfstudio's camera_path, instant-ngp's "
            f"path, LichtFeld Studio's keyframes, transforms.json){holds}"
        )
    cameras = tuple(_listed_camera(f"{path}: camera {i}", item, like) for i, item in enumerate(listed))
    said = times_said(path, listed)
    return PathContent(cameras, _stated_fps(listed), said.numbers if said is not None else None, times_said=said)


def _listed_camera(where: str, item: Any, like: Camera) -> Camera:
    if isinstance(item, Mapping) and "rotation" in item and "position" in item:
        return inria_camera(where, item, like)
    try:
        return Camera.from_json(item)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise UserError(f"{where}: {shortened(error)}") from error


def _stated_fps(listed: list[Any]) -> float | None:
    """The frame rate that our own cameras say, each for all."""
    fps = listed[0].get("fps") if listed and isinstance(listed[0], Mapping) else None
    return float(fps) if isinstance(fps, int | float) and 0 < fps <= 1000 else None


def _read_transforms(path: Path, _data: Mapping[str, Any], like: Camera) -> PathContent:
    return PathContent(tuple(read_cameras(path, like)))


def _read_keyframes(path: Path, data: Mapping[str, Any], like: Camera) -> PathContent:
    """Of nerfstudio, whose keys have a matrix, or of LichtFeld Studio, whose have a position and a rotation."""
    first = next((item for item in data["keyframes"] if isinstance(item, Mapping)), {})
    return (read_nerfstudio if "matrix" in first else read_lichtfeld)(path, data, like)


_OF_FIELD: Mapping[str, Callable[[Path, Mapping[str, Any], Camera], PathContent]] = {
    "camera_path": read_nerfstudio,
    "path": read_ngp,
    "keyframes": _read_keyframes,
    "frames": _read_transforms,
}
