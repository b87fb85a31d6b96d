"""The same for what moves: one grid for all time steps; little is to be seen of it, but recordings train it."""

from __future__ import annotations

from colour_grid.engine import ColourGrid
from colour_grid.training import ColourGridObjective
from engines.core.data.dataset import Dataset


class ColourFilmObjective(ColourGridObjective):
    """Learns from all time steps."""

    @staticmethod
    def unsupported(dataset: Dataset) -> str:
        if not len(dataset.split("train").photographed):
            return "no training photographs"
        return (
            "" if len(set(dataset.views.times.tolist())) > 1 else "nothing moves: 1 time step, but a film has several"
        )


class ColourFilm(ColourGrid):
    """A recording by several cameras."""

    name = "colour_film"
    title = "Colour film"
    objective = ColourFilmObjective


ENGINE = ColourFilm()
