"""Exports beside what they are made of, in turn: what `benchmark_export.py` holds against its bounds.

`python -m tests.app.export_rounds NAME FOLDER` prints the rounds of one of `CASES`: a process of its own, that begins
as `main.py render` does.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import psutil

from app.camera.fitting import fit_cameras
from app.demos import demo_scenes
from app.export.contact_sheet import preview_path
from app.export.export_request import Export
from app.export.exporter import run_export
from app.export.video import VideoWriter
from app.rendering.display import Pixels, shade
from app.viewing.opening import open_scene
from engines.core import distributed
from engines.core.camera import Camera
from engines.core.device import usable_cores
from engines.core.engine import Scene, Stop, never_stop
from engines.core.frame import Frame
from engines.core.rendering import rendered


@dataclass(frozen=True)
class Case:
    """Some pictures of a demo scene. `again`: so many times over, of pictures that are drawn already."""

    demo: str
    size_px: tuple[int, int]
    frames: int
    again: int = 0


CASES = {
    "toys": Case("toys", (128, 128), 20),
    "street": Case("street", (448, 256), 90),
    "drawn already": Case("street", (448, 256), 60, 8),
}
ROUNDS = 5
WORKERS = Case("toys", (128, 128), 24)
WORKERS_DRAW = 8
"""Frames of those, where only drawing is timed."""


@dataclass(frozen=True)
class Took:
    """What something took: seconds of a clock, and of all processors that worked on it; of the others' work meanwhile.

    Attributes:
        others: the part of the machine that was not this process's or its children's, in [0, 1].
    """

    wall_s: float
    work_s: float
    others: float


def took(way: Callable[[], object]) -> Took:
    busy_s, before, began = _busy_s(), os.times(), time.perf_counter()
    way()
    wall_s, after = time.perf_counter() - began, os.times()
    # Of processes that it began and waited for, too: ffmpeg.
    work_s = sum(after[:4]) - sum(before[:4])
    return Took(wall_s, work_s, max(0.0, _busy_s() - busy_s - work_s) / wall_s / usable_cores())


def _busy_s() -> float:
    """Of all cores, since the machine began."""
    times = psutil.cpu_times()._asdict()
    return float(sum(times.get(name, 0.0) for name in ("user", "nice", "system", "irq", "softirq", "steal")))


class Replayed:
    """A scene whose pictures are there already: drawing takes next to nothing."""

    def __init__(self, scene: Scene, frames: Sequence[Frame]) -> None:
        self._scene, self._frames = scene, itertools.cycle(frames)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._scene, name)

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        return next(self._frames)


def opened(case: Case) -> tuple[Scene, list[Camera]]:
    """The scene, its first picture drawn, and cameras around it."""
    scene = open_scene(next(path for path in demo_scenes() if path.stem == case.demo)).scene
    cameras = list(fit_cameras(scene, preview_path(scene, case.frames), case.size_px))
    rendered(scene, cameras[0], {}, never_stop)
    return scene, cameras


def compared(case: Case, folder: Path) -> list[dict[str, float]]:
    """Of each round what the export took, beside drawing and encoding alone, which are timed before and after it."""
    scene, cameras = opened(case)
    if case.again:
        there = [rendered(scene, camera, {}, never_stop) for camera in cameras]
        scene, cameras = Replayed(scene, there), cameras * case.again
    pictures: list[Pixels] = []

    def draw() -> None:
        pictures[:] = [shade(rendered(scene, camera, {}, never_stop), "rgb") for camera in cameras]

    def encode() -> None:
        with VideoWriter(folder / "encoded.mp4", case.size_px) as writer:
            for picture in pictures:
                writer.write(picture)

    def export() -> None:
        run_export(scene, Export(cameras, folder / "both.mp4", size_px=case.size_px), lambda _: None, never_stop)

    draw()
    alone = [(took(draw), took(encode))]
    rounds = []
    for _ in range(ROUNDS):
        both = took(export)
        alone.append((took(draw), took(encode)))
        drawing, encoding = (_mean(*pair) for pair in zip(*alone[-2:], strict=True))
        rounds.append(_figures(drawing, encoding, both, len(cameras)))
    if (folder / "encoded.mp4").read_bytes() != (folder / "both.mp4").read_bytes():
        raise ValueError("the export's bytes are others than those of its pictures, encoded alone")
    return rounds


def _mean(one: Took, other: Took) -> Took:
    return Took(*(statistics.mean(pair) for pair in zip(astuple(one), astuple(other), strict=True)))


def _figures(drawing: Took, encoding: Took, both: Took, frames: int) -> dict[str, float]:
    slower_s, work_s = max(drawing.wall_s, encoding.wall_s), drawing.work_s + encoding.work_s
    return {
        "speed": slower_s / both.wall_s,
        "allowed": max(slower_s, work_s / usable_cores()) / both.wall_s,
        "work": both.work_s / work_s,
        "drawing_ms": 1000 * drawing.wall_s / frames,
        "encoding_ms": 1000 * encoding.wall_s / frames,
        "others": max(drawing.others, encoding.others, both.others),
    }


def divided(folder: str) -> list[list[float]]:
    """On each of two ranks: seconds of an export by the first alone, by both; of drawing alone, the same."""
    scene, cameras = opened(WORKERS)
    return list(_divided(scene, cameras, Path(folder)))


def _divided(scene: Scene, cameras: list[Camera], folder: Path) -> Iterator[list[float]]:
    rank = distributed.here()

    def alone(way: Callable[[], object]) -> float:
        took_s = 0.0
        if rank.is_first:
            with mock.patch.object(distributed, "here", lambda: distributed.ALONE):
                took_s = took(way).wall_s
        distributed.barrier()
        return took_s

    def both(way: Callable[[], object]) -> float:
        def and_all() -> None:
            way()
            distributed.barrier()

        return took(and_all).wall_s

    def export(name: str) -> None:
        run_export(scene, Export(cameras, folder / name, size_px=WORKERS.size_px), lambda _: None, never_stop)

    def draw(chosen: Sequence[Camera]) -> None:
        for camera in chosen:
            shade(rendered(scene, camera, {}, never_stop), "rgb")

    some = cameras[:WORKERS_DRAW]
    for _ in range(ROUNDS):
        yield [
            alone(lambda: export("one.mp4")),
            both(lambda: export("two.mp4")),
            alone(lambda: draw(some)),
            both(lambda: draw(some[rank.number :: rank.count])),
        ]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(compared(CASES[sys.argv[1]], Path(sys.argv[2]))))
