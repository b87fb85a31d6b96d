"""Views whose cameras are the pinholes of their undistorted photographs, of views as a data folder describes them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engines.core.camera import Array
from engines.core.data.dataset import Dataset
from engines.core.data.undistortion import LensModel, Rectangle, seen_rectangle, shared_rectangle
from engines.core.data.views import View, Views, ViewSource
from engines.core.errors import UserError

Rectangles = dict[LensModel, Rectangle | None]
"""By the lens what is kept of its pinhole's picture; None: all, with a mask."""


def with_pinholes(dataset: Dataset) -> Dataset:
    """The dataset, each view's camera now the part of its pinhole's picture that the lens saw whole.

    Photographs of one scene and one size keep one size, unless their lenses differ too much. How far the lenses of an
    object or a recording reach is worked out when one of its views is first asked for.

    Raises:
        UserError: names a photograph of the first scene whose lens sees next to nothing.
    """
    views, backgrounds = dataset.views, dataset.backgrounds
    if not len(views):
        return dataset
    source = _Pinholes(views.source, views)
    notes = _notes(source.rectangles(int(views.instances[0])))
    if len(backgrounds):
        # Of the same cameras, so that they are cropped as the views are.
        backgrounds = backgrounds.of_source(_Pinholes(backgrounds.source, views))
    return replace(dataset, views=views.of_source(source), backgrounds=backgrounds, notes=(*dataset.notes, *notes))


class _Pinholes:
    """A source's views with the cameras of their undistorted photographs."""

    def __init__(self, source: ViewSource, views: Views) -> None:
        """Those of `source`; `views` are all of the dataset, as the folder describes them."""
        self._source, self._views = source, views
        self._rectangles: dict[int, Rectangles] = {}

    def __len__(self) -> int:
        return len(self._source)

    def __getitem__(self, number: int) -> View:
        view = self._source[number]
        lens = LensModel.of(view.camera, view.distortion)
        rectangles = self.rectangles(view.instance)
        kept = rectangles[lens] if lens in rectangles else _rectangle(view, lens)
        if kept is None or kept == lens.whole:
            return view
        return replace(view, camera=view.camera.cropped(*kept), lens=lens)

    def fingerprint(self, numbers: Array) -> str:
        """As `ViewSource` has it."""
        return self._source.fingerprint(numbers)

    def rectangles(self, instance: int) -> Rectangles:
        """What is kept of the pictures of one object's or recording's lenses.

        Raises:
            UserError: names a photograph whose lens sees next to nothing.
        """
        if instance not in self._rectangles:
            self._rectangles[instance] = _shared(_each_lens(self._views.of_instance(instance)))
        return self._rectangles[instance]


def _each_lens(views: Views) -> dict[LensModel, View]:
    """One view for each of the lenses."""
    cameras = views.camera_indices
    if len(cameras) and (cameras >= 0).all():
        # A camera of a rig keeps its lens.
        views = views.chosen(np.unique(cameras, return_index=True)[1])
    found = dict[LensModel, View]()
    for view in views:
        found.setdefault(LensModel.of(view.camera, view.distortion), view)
    return found


def _shared(lenses: dict[LensModel, View]) -> Rectangles:
    rectangles = {lens: _rectangle(view, lens) for lens, view in lenses.items()}
    for size_px in {lens.size_px for lens in lenses}:
        of_size = [lens for lens in lenses if lens.size_px == size_px]
        shared = shared_rectangle(of_size)
        if shared is not None:
            rectangles.update(dict.fromkeys(of_size, shared))
    return rectangles


def _rectangle(view: View, lens: LensModel) -> Rectangle | None:
    try:
        return seen_rectangle(lens)
    except UserError as error:
        raise UserError(f"{view.image_path or view.name}: {error}") from error


def _notes(rectangles: Rectangles) -> list[str]:
    """What became of the first scene's photographs."""
    notes = []
    cropped = {
        (lens.size_px, (kept[2], kept[3]))
        for lens, kept in rectangles.items()
        if kept is not None and kept != lens.whole
    }
    if cropped:
        (width, height), (kept_width, kept_height) = min(cropped)
        more = f", and so on for {len(cropped)} sizes" if len(cropped) > 1 else ""
        notes.append(
            f"photographs are freed of their lens's distortion and cropped to what it saw whole: {width}x{height} to "
            f"{kept_width}x{kept_height}{more}"
        )
    masked = sum(kept is None for kept in rectangles.values())
    if masked:
        notes.append(
            f"{masked} of {len(rectangles)} lenses distort so strongly that no large rectangle was seen whole; the "
            "pixels that they did not see are neither trained on nor scored"
        )
    return notes
