"""Data whose photographs must not be read."""

from __future__ import annotations

from dataclasses import fields, replace

from app.conformance.trial import Failure
from engines.core.camera import Array
from engines.core.data.dataset import Dataset
from engines.core.data.views import InMemory, View, Views, ViewSource


class _Closed(View):
    """A view whose photograph must not be read."""

    def image(self) -> Array:
        raise Failure(f"unsupported() reads the photograph {self.name}; it is asked while a form is open: "
                      "no photograph is read, headers at most")  # fmt: skip


class _Unread:
    """The views of another source, whose photographs must not be read."""

    def __init__(self, source: ViewSource) -> None:
        self._source = source

    def __len__(self) -> int:
        return len(self._source)

    def __getitem__(self, number: int) -> View:
        return _closed(self._source[number])

    def fingerprint(self, numbers: Array) -> str:
        return self._source.fingerprint(numbers)


def _closed(view: View) -> View:
    return _Closed(**{each.name: getattr(view, each.name) for each in fields(View)})


def _unread(views: Views) -> Views:
    # Who asks for views that are in memory gets them.
    in_memory = isinstance(views.source, InMemory)
    source: ViewSource = (
        InMemory([_closed(views.source[number]) for number in range(len(views.source))])
        if in_memory
        else _Unread(views.source)
    )
    return views.of_source(source)


def unread(dataset: Dataset) -> Dataset:
    """A copy of a data set that raises a `Failure` where a photograph is read."""
    return replace(dataset, views=_unread(dataset.views), backgrounds=_unread(dataset.backgrounds))
