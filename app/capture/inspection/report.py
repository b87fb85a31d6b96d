"""What an inspection found, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engines.core.abilities import FilledBox
from engines.core.camera import Array, Camera
from engines.core.reading import naming

Kind = Literal["data", "photographs", "video", "unknown"]
Severity = Literal["note", "warning"]


@dataclass(frozen=True)
class Finding:
    """Something that may spoil what is learnt.

    Attributes:
        severity: "warning" where it will, if it is as it seems.
        text: one plain sentence, with the names of a few photographs.
        names: of all photographs or cameras that it concerns.
    """

    severity: Severity
    text: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class InspectedCamera:
    """A camera of the folder, to be drawn.

    Attributes:
        upper_edge: [3] unit vector, world: to where its photograph has its upper edge, as EXIF has it.
    """

    name: str
    camera: Camera
    upper_edge: Array


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A small copy of a photograph.

    Attributes:
        name: of the view.
        place: of its camera in `DataReport.cameras`; None where it isn't among them.
        pixels: [h, w, 3] uint8.
    """

    name: str
    place: int | None
    pixels: Array


@dataclass(frozen=True)
class Suitability:
    """Whether a method can train on the folder.

    Attributes:
        engine: its name.
        title: for people.
        reason: why it can't; "" where it can.
    """

    engine: str
    title: str
    reason: str


@dataclass(frozen=True, eq=False)
class MethodBox:
    """The part of the world that one method's scenes can fill.

    Attributes:
        engine: its name.
        box: where, and what says so.
    """

    engine: str
    box: FilledBox


@dataclass(frozen=True, eq=False)
class DataReport:
    """What is known so far of a folder, or of a video.

    Attributes:
        source: the folder or file that was named.
        kind: "data" has cameras; of "photographs" and a "video" the program can find them.
        reason: why it is no data that can be trained on as it is; "" where it is.
        format: the layout's name, of data.
        splits: how many views, by split.
        photographs: how many there are; of a video its frames.
        sizes: "widthxheight" of the photographs, the most frequent first.
        objects: their names; empty for a single scene.
        time_steps: 1 of a still scene.
        rig: how many cameras stand still while others time steps follow; 0 where one was moved about.
        masks, depths: how many views have one, and of how many that is known.
        backgrounds: how many cameras have one.
        bounds: [2, 3] box of the scene, world; None without cameras.
        up: [3] unit vector, world; None without cameras.
        up_found: how that was found, in plain words.
        origin: [3] where the coordinates of all this begin in the folder's world, if that is not 0.
        depths_seen: nearest and farthest that the cameras see, where the folder says so.
        cameras: of the first object, at its first time step, evenly thinned where there are very many.
        notes: of the layout, what was assumed.
        findings: warnings first.
        boxes: of the methods that are bound to one.
        engines: which methods can train on it.
        looked_at: how many photographs were read, of the `to_look_at` that are going to be.
    """

    source: Path
    kind: Kind
    reason: str = ""
    format: str = ""
    splits: Mapping[str, int] = field(default_factory=dict)
    photographs: int = 0
    sizes: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    time_steps: int = 1
    rig: int = 0
    masks: tuple[int, int] = (0, 0)
    depths: tuple[int, int] = (0, 0)
    backgrounds: int = 0
    bounds: Array | None = None
    up: Array | None = None
    up_found: str = ""
    origin: Array | None = None
    depths_seen: tuple[float, float] | None = None
    cameras: tuple[InspectedCamera, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    boxes: tuple[MethodBox, ...] = ()
    engines: tuple[Suitability, ...] = ()
    looked_at: int = 0
    to_look_at: int = 0

    @property
    def complete(self) -> bool:
        """Whether every photograph that is going to be read was."""
        return self.looked_at >= self.to_look_at


def facts(report: DataReport) -> list[tuple[str, str]]:
    """Rows of a name and a value; those with nothing to say are left out."""
    scaled = (f"{value:.3g}" for value in report.depths_seen) if report.depths_seen is not None else ()
    rows = [
        ("type", _what(report)),
        ("views", ", ".join(f"{count} {split}" for split, count in report.splits.items() if count)),
        ("images", _photographs(report)),
        ("objects", f"{len(report.objects)}: {naming(report.objects)}" if report.objects else ""),
        ("time steps", f"{report.time_steps} by {report.rig} cameras" if report.time_steps > 1 else ""),
        ("masks", _share(report.masks)),
        ("depths", _share(report.depths)),
        ("backgrounds", str(report.backgrounds) if report.backgrounds else ""),
        ("near, far", ", ".join(scaled)),
        ("moved by", "(" + ", ".join(f"{-v:.10g}" for v in report.origin) + ")" if report.origin is not None else ""),
        ("bounding box", " to ".join(_point(corner) for corner in report.bounds) if report.bounds is not None else ""),
        *((f"{each.engine} box", each.box.text) for each in report.boxes),
        ("up axis", _point(report.up) if report.up is not None else ""),
        ("up from", report.up_found),
    ]
    return [(name, text) for name, text in rows if text]


def _what(report: DataReport) -> str:
    if report.kind == "data":
        return f"data folder, {report.format}"
    return {"photographs": "images without camera poses", "video": "video", "unknown": "unknown"}[report.kind]


def _photographs(report: DataReport) -> str:
    what = f"{report.photographs} frames" if report.kind == "video" else str(report.photographs)
    return ", ".join([what, *report.sizes]) if report.photographs else ""


def _share(have: tuple[int, int]) -> str:
    count, of = have
    if count == 0:
        return ""
    return "all" if count == of else f"{count} of {of}"


def _point(values: Sequence[float] | Array) -> str:
    # + 0: there is no minus nothing.
    return "(" + ", ".join(f"{round(float(value), 6) + 0:.3g}" for value in values) + ")"


def to_json(report: DataReport) -> dict[str, Any]:
    """Plain data; cameras as `Camera.to_json` has them."""
    return {
        "path": str(report.source),
        "kind": report.kind,
        "reason": report.reason or None,
        "format": report.format or None,
        "views": dict(report.splits),
        "photographs": report.photographs,
        "sizes": list(report.sizes),
        "objects": list(report.objects),
        "moments": report.time_steps,
        "rig": report.rig,
        "masks": list(report.masks),
        "depths": list(report.depths),
        "backgrounds": report.backgrounds,
        "bounds": report.bounds.tolist() if report.bounds is not None else None,
        "up": report.up.tolist() if report.up is not None else None,
        "origin": report.origin.tolist() if report.origin is not None else None,
        "up_found": report.up_found or None,
        "near_far": list(report.depths_seen) if report.depths_seen is not None else None,
        "cameras": [{"name": seen.name, **seen.camera.to_json()} for seen in report.cameras],
        "notes": list(report.notes),
        "doubts": [{"severity": d.severity, "text": d.text, "names": list(d.names)} for d in report.findings],
        "engines": {fit.engine: {"title": fit.title, "suited": not fit.reason, "reason": fit.reason or None}
                    for fit in report.engines},
        "boxes": {each.engine: {"bounds": each.box.bounds.tolist(), "text": each.box.text} for each in report.boxes},
        "looked_at": report.looked_at,
    }  # fmt: skip
