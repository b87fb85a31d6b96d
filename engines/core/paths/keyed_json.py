"""Keyed camera paths in files of our own: JSON with a name and a version, every number kept to its last bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engines.core.camera import Camera
from engines.core.errors import UserError
from engines.core.files import replacing
from engines.core.paths.keyframes import KeyedPath, Keyframe
from engines.core.reading import quoted, read_json, shortened

FORMAT, VERSION = "vantage camera path", 1
_OF_PATH = ("fps", "loop", "closing_s", "constant_speed", "end_s")


def is_keyed(data: object) -> bool:
    """Whether what a JSON file holds is a keyed path."""
    return isinstance(data, Mapping) and data.get("format") == FORMAT


def keyed_text(path: KeyedPath) -> str:
    """A path as its file has it, a line for each key; `keyed_from` reads it back without loss."""
    head = {"format": FORMAT, "version": VERSION, **{name: getattr(path, name) for name in _OF_PATH}}
    head |= {"stepped": sorted(path.stepped), "subject": path.subject}
    keys = ",\n".join(json.dumps(_key_json(key), allow_nan=False) for key in path.keys)
    return json.dumps(head, allow_nan=False)[:-1] + f', "keys": [\n{keys}\n]}}\n'


def _key_json(key: Keyframe) -> dict[str, Any]:
    # By name, so that the same path is the same file, however it came about.
    controls = {name: key.controls[name] for name in sorted(key.controls)}
    return {"time_s": key.time_s, "ease": key.ease, "controls": controls, "camera": key.camera.to_json()}


def keyed_from(where: str, data: Mapping[str, Any]) -> KeyedPath:
    """The path of what `keyed_text` wrote.

    Raises:
        UserError: begins with `where`: of a newer version, or something in it makes no path.
    """
    version = data.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= VERSION:
        raise UserError(
            f"{where}: is a camera path of version {quoted(version)}; this Vantage reads up to {VERSION}: "
            "get a newer one"
        )
    listed = data.get("keys")
    if not isinstance(listed, list):
        raise UserError(f"{where}: needs keys, a list, and has {quoted(listed)}")
    keys = tuple(_key(f"{where}: key {number}", item) for number, item in enumerate(listed, 1))
    try:
        return KeyedPath(
            keys,
            fps=_number(data, "fps"),
            loop=_flag(data, "loop"),
            closing_s=_number(data, "closing_s"),
            constant_speed=_flag(data, "constant_speed"),
            end_s=None if data["end_s"] is None else _number(data, "end_s"),
            stepped=frozenset(str(name) for name in data["stepped"]),
            subject=None if data["subject"] is None else tuple(data["subject"]),
        )
    except KeyError as error:
        raise UserError(f"{where}: has no {error.args[0]}") from error
    except (ValueError, TypeError, OverflowError) as error:
        raise UserError(f"{where}: {shortened(error)}") from error


def _key(where: str, item: Any) -> Keyframe:
    try:
        controls = {str(name): _number(item["controls"], name) for name in item["controls"]}
        return Keyframe(Camera.from_json(item["camera"]), _number(item, "time_s"), controls, item["ease"])
    except KeyError as error:
        raise UserError(f"{where}: has no {error.args[0]}") from error
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise UserError(f"{where}: {shortened(error)}") from error


def _number(data: Mapping[str, Any], name: str) -> float:
    value = data[name]
    # True is an int in Python.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is {quoted(value)}; needs a number")
    return float(value)


def _flag(data: Mapping[str, Any], name: str) -> bool:
    value = data[name]
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {quoted(value)}; needs true or false")
    return value


def read_keyed(path: Path) -> KeyedPath | None:
    """The keyed path of a file; None of a file or folder that holds cameras in another form.

    Raises:
        UserError: it is one, but damaged or of a newer version.
    """
    path = Path(path)
    if path.suffix.lower() != ".json" or not path.is_file():
        return None
    try:
        data = read_json(path)
    except UserError:
        # What is no path is told by whoever reads its cameras.
        return None
    return keyed_from(str(path), data) if is_keyed(data) else None


def write_keyed(path: Path, keyed: KeyedPath) -> None:
    """Writes a path, whole or not at all.

    Raises:
        UserError: the place can't be written.
    """
    with replacing(path) as temporary:
        temporary.write_text(keyed_text(keyed), encoding="utf-8")
