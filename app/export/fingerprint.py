"""What the frames of an export depend on: another scene, path or size gives other frames."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from app import __version__
from app.export.export_request import Export
from app.export.kept_frames import ExportFacts
from app.viewing.opening import Opened
from engines.core.camera import Camera
from engines.core.device import to_host

SAMPLE = 1024
"""Values of each tensor that are looked at: another step of a training changes nearly all of them."""


def scene_digest(opened: Opened) -> str:
    """Tells one scene from another, by what it is made of: weights, options, and where its data lies."""
    checkpoint = opened.checkpoint
    digest = hashlib.blake2b(digest_size=12)
    beside = opened.beside
    data = opened.dataset.source.resolve() if opened.dataset is not None else None
    told = [checkpoint.engine, checkpoint.step, dict(checkpoint.config), repr(opened.options), str(data)]
    told += [str(beside.config), str(beside.photograph), opened.scene.device.type, opened.origin.tolist()]
    if opened.left_out is not None:
        told.append(opened.left_out.digest)
    digest.update(json.dumps(told, sort_keys=True, default=str).encode())
    for name, tensor in sorted(checkpoint.weights.items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        values = to_host(tensor.detach().reshape(-1)[:SAMPLE].double())
        digest.update(values.contiguous().numpy().tobytes())
    return digest.hexdigest()


def export_facts(export: Export, cameras: Sequence[Camera]) -> ExportFacts:
    """What must be the same for frames that are there to be taken.

    Args:
        cameras: as they are drawn.
    """
    shown = (export.channels, export.background, export.depth_kind, export.format, export.is_video)
    colours = (sorted(export.limits.items()), sorted(export.colour_maps.items()))
    drawn = (export.supersample, export.projection, export.eye_distance)
    box = export.crop_box
    facts = {
        "version of this program": __version__,
        "scene": export.scene,
        "path": _digest([camera.to_json() for camera in cameras]),
        "time or controls": _digest([dict(frame) for frame in export.controls or ()]),
        "size": f"{'x'.join(str(side) for side in cameras[0].size_px)} {_digest(drawn)}",
        "crop box": "none" if box is None else _digest([box.low, box.high]),
        "choice of channels or format": _digest([shown, colours]),
    }
    if export.pair is not None:
        pair = export.pair
        places = [each.origin.tolist() for each in (pair.first, pair.second)]
        facts["compared scene or layout"] = f"{pair.digest} {_digest([pair.layout, pair.share, places])}"
    if export.labels:
        facts["labels"] = _digest([export.label(channel) for channel in export.drawn_channels])
    if export.colour_bars:
        lengths = None if export.lengths is None else [export.lengths.per_unit, export.lengths.unit]
        facts["colour bars"] = _digest([lengths])
    return ExportFacts(facts, len(cameras))


def _digest(data: object) -> str:
    return hashlib.blake2b(json.dumps(data, sort_keys=True).encode(), digest_size=12).hexdigest()
