"""A scene compared with its held-out views, with what a page tells of it besides scores: times, memory, pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.report.tiles import ViewTiles, view_tiles
from app.training.evaluated_views import evaluate_views, evaluated_views
from app.training.evaluation import ComparedPair, Evaluation, Score
from app.viewing.opening import Opened, title_of
from engines.core import distributed
from engines.core.data.views import Split, Views
from engines.core.device import describe_device, memory_used
from engines.core.engine import Scene, Stop, never_stop
from engines.registry import find_engine

MOST_PICTURED = 120
"""Views of a scene whose pictures are kept, evenly spaced."""
WORST_PICTURED = 8
"""That are kept besides: these one wants to see."""

ViewKey = tuple[str, str, int]
"""Tells views apart: object, name, time step."""


@dataclass(frozen=True)
class Judging:
    """How a scene is to be judged.

    Attributes:
        split: None: the first that has photographs.
        crop_px: left out on each side; None: what the method doesn't learn.
        size_px: (width, height) to compare at; None: what was learnt at.
        pictured: whether small pictures are kept.
    """

    split: Split | None = None
    crop_px: int | None = None
    size_px: tuple[int, int] | None = None
    pictured: bool = False


@dataclass(frozen=True, eq=False)
class JudgedView:
    """A view as it comes; `tiles`: None where no pictures are kept."""

    score: Score
    tiles: ViewTiles | None


@dataclass(frozen=True, eq=False)
class JudgedScene:
    """What was found of a scene.

    Attributes:
        name: what a person calls it.
        method: the title of its method, and its name.
        step: after how many steps of training; 0: unknown.
        device: that it was drawn on.
        data: the folder of the photographs.
        split: that the views are of.
        sizes_px: (width, height) of what was compared, each once.
        evaluation: the scores; `told` says which views they are.
        frame_s: the seconds of each picture.
        memory_bytes: the most that the process held on the device after any view; on the CPU of the machine's memory.
        notes: in plain words, what had to be assumed.
        tiles: small pictures of some views, or all.
    """

    name: str
    method: str
    step: int
    device: str
    data: str
    split: Split
    sizes_px: tuple[tuple[int, int], ...]
    evaluation: Evaluation
    frame_s: tuple[float, ...]
    memory_bytes: int
    notes: tuple[str, ...]
    tiles: Mapping[ViewKey, ViewTiles] = field(default_factory=dict)

    @property
    def scores(self) -> Mapping[ViewKey, Score]:
        """The scores by view, in their order."""
        return {key_of(score): score for score in self.evaluation.scores}


def key_of(score: Score) -> ViewKey:
    """What tells its view from others."""
    return score.instance, score.view, score.time or 0


class _Watching:
    """What is noted while views are compared, on this rank."""

    def __init__(self, scene: Scene, views: Views, pictured: bool, on_view: Callable[[JudgedView], None]) -> None:
        self._scene, self._pictured, self._on_view = scene, pictured, on_view
        self._every = -(-len(views) // MOST_PICTURED)
        self._pair: ComparedPair | None = None
        self._spread: dict[ViewKey, ViewTiles] = {}
        self._worst: list[tuple[float, ViewKey, ViewTiles]] = []
        self.seconds: list[float] = []
        self.sizes_px: set[tuple[int, int]] = set()
        self.memory_bytes = 0

    def take_pair(self, pair: ComparedPair) -> None:
        self._pair = pair

    def take_score(self, score: Score) -> None:
        pair, self._pair = self._pair, None
        if pair is None:
            return
        self.seconds.append(pair.seconds)
        self.sizes_px.add((pair.image.shape[1], pair.image.shape[0]))
        self.memory_bytes = max(self.memory_bytes, memory_used(self._scene.device))
        tiles = view_tiles(pair) if self._pictured else None
        if tiles is not None:
            if (len(self.seconds) - 1) % self._every == 0:
                self._spread[key_of(score)] = tiles
            self._worst = sorted([*self._worst, (score.psnr, key_of(score), tiles)], key=lambda each: each[:2])
            del self._worst[WORST_PICTURED:]
        self._on_view(JudgedView(score, tiles))

    @property
    def tiles(self) -> dict[ViewKey, ViewTiles]:
        return {key: tiles for _, key, tiles in self._worst} | self._spread


def judge(
    opened: Opened,
    judging: Judging = Judging(),
    on_view: Callable[[JudgedView], None] = lambda view: None,
    stop: Stop = never_stop,
) -> JudgedScene:
    """Compares an open scene with the photographs of a split; several ranks divide them, and all get the whole.

    Raises:
        UserError: there are no photographs, or the scene can't be compared at that size.
        Cancelled: `stop` said so.
    """
    scene, checkpoint = opened.scene, opened.checkpoint
    chosen = evaluated_views(opened, judging.split)
    watching = _Watching(scene, chosen.views, judging.pictured, on_view)
    found = evaluate_views(
        scene, chosen, judging.size_px, judging.crop_px, watching.take_score, stop, watching.take_pair
    )
    own: dict[str, Any] = {
        "seconds": watching.seconds,
        "sizes": sorted(watching.sizes_px),
        "memory": watching.memory_bytes,
        "tiles": [[key, tiles.to_json()] for key, tiles in watching.tiles.items()],
    }
    # Alone nothing need be written out and read again.
    ranks = distributed.all_gather(own) if distributed.here().count > 1 else [own | {"tiles": []}]
    told = {tuple(key): ViewTiles.from_json(data) for rank in ranks for key, data in rank["tiles"]}
    return JudgedScene(
        title_of(opened.path),
        f"{find_engine(checkpoint.engine).title} ({checkpoint.engine})",
        checkpoint.step,
        describe_device(scene.device),
        str(chosen.dataset.source),
        chosen.split,
        tuple(sorted({(width, height) for rank in ranks for width, height in rank["sizes"]})),
        found,
        tuple(second for rank in ranks for second in rank["seconds"]),
        max(rank["memory"] for rank in ranks),
        opened.all_notes,
        told or watching.tiles,
    )


def median(values: tuple[float, ...] | list[float]) -> float:
    """The middle of some numbers, of which there is at least one."""
    return float(np.median(values))
