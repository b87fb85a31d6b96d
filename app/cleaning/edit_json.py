"""Edits of a cleaning as plain data, for project files, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.cleaning.edits import (
    CleaningEdit,
    InvertRemoved,
    PickedPrimitives,
    RemoveBox,
    RemoveFaint,
    RemoveFloaters,
    RemoveLarge,
    RemoveOutlined,
    RemoveSphere,
    Side,
)
from app.rendering.crop_box import CropBox, Triple
from engines.core.camera import Camera
from engines.core.reading import quoted

Given = Mapping[str, Any]


def edit_json(edit: CleaningEdit) -> dict[str, Any]:
    """Plain data that `edit_from` reads back without loss."""
    data: dict[str, Any] = {"kind": _NAMES[type(edit)]}
    if isinstance(edit, RemoveBox):
        return {**data, "low": list(edit.box.low), "high": list(edit.box.high), "removes": edit.removes}
    if isinstance(edit, RemoveOutlined):
        seen = None if edit.seen is None else dataclasses.asdict(edit.seen)
        outline = [list(corner) for corner in edit.outline]
        return {**data, "camera": edit.camera.to_json(), "outline": outline, "removes": edit.removes, "seen": seen}
    return {**data, **dataclasses.asdict(edit)}


def edit_from(data: object) -> CleaningEdit:
    """Reads what `edit_json` gave; raises ValueError where that is no edit, which says what of it."""
    if not isinstance(data, Mapping) or not isinstance(kind := data.get("kind"), str) or kind not in _KINDS:
        raise ValueError(f"{quoted(data)} is no edit of a cleaning")
    try:
        return _KINDS[kind][1](data)
    except (KeyError, TypeError) as error:
        raise ValueError(f"edit of kind {kind!r}: {error} is missing or malformed") from error


def edits_from(data: object) -> tuple[CleaningEdit, ...]:
    """Edits in their order; raises ValueError where they are none."""
    if isinstance(data, str) or not isinstance(data, Sequence):
        raise ValueError(f"is {quoted(data)}; needs a list of edits")
    return tuple(each if isinstance(each, _EDITS) else edit_from(each) for each in data)


def _box(data: Given) -> RemoveBox:
    return RemoveBox(CropBox(_triple(data["low"]), _triple(data["high"])), _side(data))


def _sphere(data: Given) -> RemoveSphere:
    return RemoveSphere(_triple(data["centre"]), _number(data["radius"]), _side(data))


def _large(data: Given) -> RemoveLarge:
    return RemoveLarge(_number(data["most"]), data["is_percent"] is True)


def _floaters(data: Given) -> RemoveFloaters:
    neighbours = _number(data["neighbours"])
    if neighbours != round(neighbours):
        raise ValueError(f"floaters: {neighbours:g} neighbours; it must be a whole number")
    return RemoveFloaters(round(neighbours), _number(data["multiple"]))


def _outlined(data: Given) -> RemoveOutlined:
    corners = tuple((_number(u), _number(v)) for u, v in data["outline"])
    seen = data["seen"]
    picked = None if seen is None else PickedPrimitives(_count(seen["count"]), str(seen["packed"]))
    return RemoveOutlined(Camera.from_json(data["camera"]), corners, _side(data), picked)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
        raise ValueError(f"{quoted(value)} is no number of primitives")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{quoted(value)} is no number")
    return float(value)


def _triple(value: Any) -> Triple:
    if isinstance(value, str) or not isinstance(value, Sequence) or len(value) != 3:
        raise ValueError(f"{quoted(value)} are no three numbers")
    x, y, z = (_number(each) for each in value)
    return x, y, z


def _side(data: Given) -> Side:
    side: Side | None = {"inside": "inside", "outside": "outside"}.get(str(data["removes"]))  # type: ignore[assignment]
    if side is None:
        raise ValueError(f"removes {quoted(data['removes'])}; it is inside or outside")
    return side


_KINDS: Mapping[str, tuple[type, Callable[[Given], CleaningEdit]]] = {
    "box": (RemoveBox, _box),
    "sphere": (RemoveSphere, _sphere),
    "opacity": (RemoveFaint, lambda data: RemoveFaint(_number(data["least"]))),
    "size": (RemoveLarge, _large),
    "floaters": (RemoveFloaters, _floaters),
    "lasso": (RemoveOutlined, _outlined),
    "invert": (InvertRemoved, lambda data: InvertRemoved()),
}
_EDITS = (RemoveBox, RemoveSphere, RemoveFaint, RemoveLarge, RemoveFloaters, RemoveOutlined, InvertRemoved)
_NAMES: Mapping[type, str] = {kind: name for name, (kind, _) in _KINDS.items()}
