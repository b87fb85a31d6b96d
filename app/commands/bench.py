"""`main.py bench`: how long opening, a frame and its stages take, and how much memory."""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from app.camera.fitting import fit_cameras
from app.commands.console import add_scene_arguments, open_from, write_json, write_table
from app.export.contact_sheet import preview_path
from engines.core.camera import Camera
from engines.core.device import describe_device
from engines.core.engine import TIME, Audited, Prepares, Scene, Staged, never_stop, whole_controls
from engines.core.rendering import rendered

# A stage is timed on this many of the path's cameras at most.
STAGE_FRAMES = 5
# A shortcut is audited on this many of the path's cameras at most, and on this many rays of each.
AUDIT_FRAMES, AUDIT_RAYS = 4, 256
# So many time steps of a recording are made.
TIME_STEPS = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_scene_arguments(parser)
    parser.add_argument(
        "--frames",
        type=_count,
        default=20,
        metavar="N",
        help="frames of an orbit (of a capture that faces one way, a spiral) to time (default: 20)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of frames")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Measures and prints.

    Raises:
        UserError: the scene can't be opened.
    """
    began = time.perf_counter()
    opened = open_from(arguments)
    opening = time.perf_counter() - began
    result = {"checkpoint": str(arguments.checkpoint), "open_s": opening, **measure(opened.scene, arguments.frames)}
    if arguments.json:
        write_json(result)
    else:
        write_table(_rows(result))
    return 0


def measure(scene: Scene, frames: int) -> dict[str, Any]:
    """Times of an orbit in milliseconds, the device's work included; peak memory in bytes."""
    cameras = fit_cameras(scene, preview_path(scene, frames), None)
    controls = whole_controls(scene, {})

    def frame_ms(camera: Camera) -> float:
        return _milliseconds(lambda: rendered(scene, camera, controls, never_stop), scene.device)

    first = frame_ms(cameras[0])
    times = [frame_ms(camera) for camera in cameras]
    return {
        "engine": scene.engine,
        "device": describe_device(scene.device),
        "size_px": list(cameras[0].size_px),
        "first_frame_ms": first,
        "frame_ms": _spread(times),
        "frames": frames,
        "moment_ms": _moment_ms(scene, cameras[0], controls),
        "stages_ms": _stages(scene, cameras[:STAGE_FRAMES]),
        "audit": _audit(scene, cameras, controls),
        "peak_memory_bytes": _peak_memory(),
        "peak_device_bytes": torch.cuda.max_memory_allocated(scene.device) if scene.device.type == "cuda" else None,
    }


def _moment_ms(scene: Scene, camera: Camera, controls: Mapping[str, float]) -> float | None:
    """What a new time step of a recording costs before it can be drawn; None of a still scene."""
    time_steps = next((control for control in scene.controls if control.name == TIME), None)
    prepares: object = scene
    if time_steps is None or not isinstance(prepares, Prepares):
        return None
    first, last = round(time_steps.low) + 1, min(round(time_steps.high), round(time_steps.low) + TIME_STEPS)
    wanted = [{**controls, TIME: time_step} for time_step in range(first, last + 1)]
    made = [_milliseconds(lambda at=at: prepares.prepare(camera, at, never_stop), scene.device) for at in wanted]  # type: ignore[misc]
    return float(np.median(made))


def _milliseconds(call: Callable[[], object], device: torch.device) -> float:
    _finish(device)
    began = time.perf_counter()
    call()
    _finish(device)
    return (time.perf_counter() - began) * 1e3


def _finish(device: torch.device) -> None:
    """Waits for what the device was told to do; calls return before it is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def _spread(times: Sequence[float]) -> dict[str, float]:
    return {"median": float(np.median(times)), "min": min(times), "p95": float(np.percentile(times, 95))}


def _stages(scene: Scene, cameras: Sequence[Camera]) -> dict[str, float] | None:
    """Median of each stage by name; None where the scene does not tell them apart."""
    if not isinstance(scene, Staged):
        return None
    times: dict[str, list[float]] = {}
    for camera in cameras:
        for name, stage in scene.stages(camera).items():
            times.setdefault(name, []).append(_milliseconds(stage, scene.device))
    return {name: float(np.median(values)) for name, values in times.items()}


def _audit(scene: Scene, cameras: Sequence[Camera], controls: Mapping[str, float]) -> dict[str, float] | None:
    """How many rays were drawn plainly, too, how many differ, and points asked for a ray; None: no shortcut."""
    if not isinstance(scene, Audited):
        return None
    audits = [scene.audit(camera, controls, AUDIT_RAYS) for camera in cameras[:: -(-len(cameras) // AUDIT_FRAMES)]]
    rays = sum(audit.rays for audit in audits)
    return {
        "rays": rays,
        "wrong": sum(audit.wrong for audit in audits),
        "points_per_ray": sum(audit.rays * audit.points for audit in audits) / rays,
        "plain_points_per_ray": sum(audit.rays * audit.plain_points for audit in audits) / rays,
    }


def _peak_memory() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes.
    return peak if sys.platform == "darwin" else peak * 1024


def _rows(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    frame, (width, height) = result["frame_ms"], result["size_px"]
    device_bytes = result["peak_device_bytes"]
    rows = [
        ("device", result["device"]),
        ("size", f"{width}x{height}"),
        ("opening", f"{result['open_s']:.2f} s"),
        ("first frame", f"{result['first_frame_ms']:.1f} ms"),
        (
            "frame",
            f"{frame['median']:.1f} ms (min {frame['min']:.1f}, p95 {frame['p95']:.1f}; {result['frames']} frames)",
        ),
        ("frames/s", f"{1e3 / frame['median']:.1f}"),
        ("a new time step", f"{result['moment_ms']:.0f} ms" if result["moment_ms"] is not None else ""),
    ]
    rows += [(f"  {name}", f"{value:.1f} ms") for name, value in (result["stages_ms"] or {}).items()]
    if (audit := result["audit"]) is not None:
        points = f"{audit['points_per_ray']:.2f} points a ray, plainly {audit['plain_points_per_ray']:.0f}"
        rows.append(("audit", f"{audit['rays']} rays drawn plainly, too: {audit['wrong']} wrong ({points})"))
    rows.append(("memory", f"{result['peak_memory_bytes'] / 2**20:.0f} MiB at most"))
    rows.append(("on the device", f"{device_bytes / 2**20:.0f} MiB at most" if device_bytes is not None else ""))
    return rows
