"""Judged scenes beside each other, view by view: not all of them need have been judged by the same views."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.report.judging import JudgedScene, ViewKey
from app.report.tiles import ViewTiles
from app.training.evaluation import Score
from engines.core.reading import counted


@dataclass(frozen=True, eq=False)
class ViewRow:
    """One view, as each of the scenes shows it.

    Attributes:
        number: its place, from 0.
        label: its name, with object and time step where there are several.
        scores, tiles: of each scene in their order; None where it has none.
    """

    number: int
    label: str
    scores: tuple[Score | None, ...]
    tiles: tuple[ViewTiles | None, ...]

    @property
    def photograph(self) -> bytes | None:
        """The WebP file of the view's photograph; None where no scene kept one."""
        return next((tiles.photograph for tiles in self.tiles if tiles is not None), None)


@dataclass(frozen=True, eq=False)
class ScenesBeside:
    """One or several judged scenes."""

    scenes: tuple[JudgedScene, ...]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What each scene is called here: its name, with its method or number where others have the same."""
        names = [scene.name for scene in self.scenes]
        if len(set(names)) < len(names):
            names = [f"{scene.name} ({scene.method})" for scene in self.scenes]
        if len(set(names)) < len(names):
            names = [f"{number}. {name}" for number, name in enumerate(names, 1)]
        return tuple(names)

    @cached_property
    def keys(self) -> tuple[ViewKey, ...]:
        """All views that any was judged by, in the order in which they come."""
        return tuple(dict.fromkeys(key for scene in self.scenes for key in scene.scores))

    @cached_property
    def common(self) -> tuple[ViewKey, ...]:
        """The views that all were judged by."""
        return tuple(key for key in self.keys if all(key in scene.scores for scene in self.scenes))

    @cached_property
    def rows(self) -> tuple[ViewRow, ...]:
        """A row for each view."""
        several = len({key[0] for key in self.keys}) > 1
        timed = len({key[2] for key in self.keys}) > 1
        scores, tiles = [scene.scores for scene in self.scenes], [scene.tiles for scene in self.scenes]
        return tuple(
            ViewRow(
                number,
                " · ".join([*([key[0]] if several else []), key[1], *([f"time step {key[2]}"] if timed else [])]),
                tuple(of.get(key) for of in scores),
                tuple(of.get(key) for of in tiles),
            )
            for number, key in enumerate(self.keys)
        )

    def common_psnr(self, scene: JudgedScene) -> float:
        """The mean PSNR of a scene over the views that all were judged by, dB; nan where there are none."""
        scores = scene.scores
        return float(np.mean([scores[key].psnr for key in self.common])) if self.common else float("nan")

    @property
    def remarks(self) -> tuple[str, ...]:
        """Why means of the scenes should not be compared as they stand; empty where they may be."""
        said = []
        if len({scene.data for scene in self.scenes}) > 1:
            said.append("The scenes were judged by photographs of different folders.")
        if len(self.common) < len(self.keys):
            said.append(
                f"The scenes were not judged by the same views: {counted(len(self.common), 'view')} of "
                f"{len(self.keys)} are common to all, and have a mean of their own."
            )
        if len({scene.sizes_px for scene in self.scenes}) > 1:
            said.append("The scenes were compared at different sizes; a smaller size makes higher scores.")
        if len({scene.evaluation.crop_px for scene in self.scenes}) > 1:
            said.append("Borders of different widths were left out.")
        if len({scene.evaluation.told for scene in self.scenes}) > 1:
            said.append("Not all scenes were held back from the same photographs (see Views).")
        return tuple(said)
