"""A class of objects, one folder each, whose views are read when they are asked for: a class may have thousands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from engines.core.views import SPLITS, Split, View, Views, ViewSource

LISTED = 256
"""Objects whose listing is kept."""

Place = tuple[Path, Split, int]
"""An object's folder, the split it stands in, and its number."""


class ObjectFolders:
    """The views of all objects, one object after the other."""

    def __init__(self, places: Sequence[Place], list_views: Callable[[Place], ViewSource]) -> None:
        """Counts the views of every object.

        Args:
            list_views: the views of one object; must survive pickling, for workers that read photographs.

        Raises:
            UserError: what `list_views` says.
        """
        self._places, self._list_views = tuple(places), list_views
        self._listed = lru_cache(LISTED)(list_views)
        self._ends = np.cumsum([len(self._listed(place)) for place in places])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, number: int) -> View:
        which = int(np.searchsorted(self._ends, number, side="right"))
        begin = int(self._ends[which - 1]) if which else 0
        return self._listed(self._places[which])[number - begin]

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_listed"}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._listed = lru_cache(LISTED)(self._list_views)

    def views(self) -> Views:
        """All of them; training views first.

        Raises:
            UserError: an object's first view can't be read.
        """
        counts = np.diff(self._ends, prepend=0)
        splits = np.array([SPLITS.index(split) for _, split, _ in self._places], dtype=np.int8)
        has_image = [self._listed(place)[0].image_path is not None for place in self._places]
        numbers = np.array([number for _, _, number in self._places], dtype=np.int32)
        parts = (np.repeat(values, counts) for values in (splits, numbers, np.array(has_image)))
        views = Views(self, np.arange(len(self)), *parts)
        return views.chosen(np.argsort(views.splits != 0, kind="stable"))
