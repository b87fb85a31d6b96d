"""Instances of a class, one folder each, whose views are read when they are asked for: a class may have thousands."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from engines.core.camera import Array
from engines.core.data.views import SPLITS, Split, View, ViewFacts, Views
from engines.core.errors import UserError
from engines.core.reading import reading

LISTED = 256
"""Objects whose listing is kept."""

Place = tuple[Path, Split, int]
"""An object's folder, the split it stands in, and its number."""


class Listing(Protocol):
    """An object's views; their names are known, their files are read one by one.

    Attributes:
        has_images: whether its views have photographs.
    """

    has_images: bool

    @property
    def names(self) -> Sequence[str]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> View: ...


AnyListing = TypeVar("AnyListing", bound=Listing)


class ObjectFolders:
    """The views of all objects, one object after the other."""

    def __init__(
        self,
        places: Sequence[Place],
        list_instance: Callable[[Place], AnyListing],
        notice: Callable[[Place, AnyListing], None] = lambda place, listing: None,
    ) -> None:
        """Lists every object.

        Args:
            list_object: must survive pickling, for workers that read photographs.
            notice: told of each object, in order, when it is listed here.

        Raises:
            UserError: what `list_instance` says.
        """
        self._places, self._list_object = tuple(places), list_instance
        self._listed: Callable[[Place], Listing] = lru_cache(LISTED)(list_instance)
        counts, self._has_images, self._digests = [], list[bool](), list[bytes]()
        splits = list[Array]()
        for place in self._places:
            listing = list_instance(place)
            notice(place, listing)
            counts.append(len(listing))
            # Some layouts say it of each view.
            own: Sequence[Split] = getattr(listing, "splits", None) or [place[1]] * len(listing)
            splits.append(np.array([SPLITS.index(split) for split in own], dtype=np.int8))
            self._has_images.append(listing.has_images)
            self._digests.append(hashlib.sha256(repr(list(listing.names)).encode()).digest())
        self._ends = np.cumsum(counts)
        self._splits = np.concatenate(splits) if splits else np.empty(0, dtype=np.int8)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, number: int) -> View:
        which = int(np.searchsorted(self._ends, number, side="right"))
        begin, folder = int(self._ends[which - 1]) if which else 0, self._places[which][0]
        with reading(folder):
            listing = self._listed(self._places[which])
            if len(listing) != self._ends[which] - begin:
                raise UserError(f"{folder}: has other views than when it was opened; open it again")
            return listing[number - begin]

    def fingerprint(self, numbers: Array) -> str:
        """Tells the views `numbers` [V] from others by their names and objects."""
        which = np.searchsorted(self._ends, numbers, side="right")
        digest = hashlib.sha256()
        for place in dict.fromkeys(which.tolist()):
            digest.update(self._digests[place] + str(self._places[place][2]).encode())
        begins = np.concatenate([[0], self._ends])[which]
        digest.update(np.stack([np.unique(which, return_inverse=True)[1], numbers - begins]).astype("<i8").tobytes())
        return digest.hexdigest()

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_listed"}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._listed = lru_cache(LISTED)(self._list_object)

    def views(self) -> Views:
        """All of them; training views first."""
        counts = np.diff(self._ends, prepend=0)
        numbers = np.array([number for _, _, number in self._places], dtype=np.int32)
        of_object, has_image = (np.repeat(values, counts) for values in (numbers, np.array(self._has_images)))
        views = Views(self, np.arange(len(self)), ViewFacts.of_still(self._splits, of_object, has_image))
        return views.chosen(np.argsort(views.splits != 0, kind="stable"))
