"""Cleaning in the window: filters of the card and the menu, the lasso over the picture, counts, files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from app.cleaning.cleaning import MakeEdit, SceneCleaning
from app.cleaning.edits import (
    PickedPrimitives,
    RemoveBox,
    RemoveFaint,
    RemoveFloaters,
    RemoveLarge,
    RemoveOutlined,
    RemoveSphere,
)
from app.cleaning.finding import on_surface
from app.cleaning.subject import CleaningSubject
from app.gui.host import Host
from app.gui.panel.clean_card import FILTERS, NO_FILTER, CleanCard
from app.gui.viewport.cleaned_files import CleanedFiles
from app.gui.viewport.lasso import Lasso
from app.gui.viewport.picture_overlays import PictureOverlays
from app.gui.viewport.viewport import Viewport
from app.rendering.crop_box import CropBox
from app.rendering.overlays import HOVERED_RGBA, LineSegments, box_segments, join, sphere_segments
from engines.core.camera import Array, Camera
from engines.core.data.origin import in_world
from engines.core.device import to_host
from engines.core.errors import UserError

USUAL_OPACITY, USUAL_PERCENT, USUAL_MULTIPLE, MOST_MULTIPLE = 0.05, 99.0, 3.0, 20.0


class CleanTool:
    """One filter at a time is tried out: what it finds is seen in red, until it is removed or given up.

    Attributes:
        cleaning: what is removed of the open scene.
        card: the panel's part.
        lasso: draws outlines.
    """

    def __init__(self, window: Host, viewport: Viewport, overlays: PictureOverlays) -> None:
        self._window, self._session, self._overlays = window, window.session, overlays
        self.cleaning, self.card = SceneCleaning(window.session), CleanCard()
        self.lasso = Lasso(window, viewport, overlays, lambda: window.session.eye.shown)
        self._files = CleanedFiles(window, self.cleaning)
        self._outline: tuple[Camera, Array] | None = None
        self._was_ready = False
        guarded = window.notifications.guarded
        overlays.more.append(self._lines)
        self.cleaning.changed.connect(self.show)
        self.cleaning.failed.connect(window.notifications.error)
        self.card.filter_chosen.connect(guarded(self.choose))
        self.card.adjusted.connect(guarded(self._try))
        self.lasso.drawn.connect(guarded(self._outlined))
        self.lasso.apply_wanted.connect(guarded(self.cleaning.apply))
        self.lasso.end_wanted.connect(lambda: self.choose(NO_FILTER))
        for name in ("crop_box", "is_cropped"):
            self._session.view.events[name].connect(lambda *_: self._try_if("box"))
        self._session.images.point_picked.connect(lambda _: self._try_if("sphere"))

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        filters = {
            f"clean_{name}": lambda on, name=name: self.choose(name if on else NO_FILTER)
            for name in FILTERS
            if name != NO_FILTER
        }
        return filters | {
            "clean_apply": self.cleaning.apply,
            "clean_cancel": lambda: self.choose(NO_FILTER),
            "clean_invert": self.cleaning.invert,
            "clean_restore": self.cleaning.document.restore_all,
            "clean_show": self.cleaning.show_removed,
            "clean_save": self._files.save,
        }

    @property
    def there(self) -> dict[str, bool]:
        """Whether there is what its commands need."""
        ready, document = self.cleaning.subject is not None, self.cleaning.document
        return {
            "primitives": ready,
            "filter": ready and self.card.chosen != NO_FILTER,
            "found": ready and (self.cleaning.trial is not None or self.cleaning.is_trying),
            "cleaned": ready and bool(document.edits),
            "savable": ready and self._files.can_save,
        }

    def restore(self) -> None:
        """Puts the card's buttons together with the commands."""
        ids = ("clean_apply", "clean_cancel", "clean_invert", "clean_restore", "clean_save", "clean_show")
        self.card.connect_commands({id: self._window.commands[id] for id in ids})

    def show(self) -> None:
        """Shows in card and menu what is removed and found."""
        cleaning, subject = self.cleaning, self.cleaning.subject
        if subject is None and self.card.chosen != NO_FILTER:
            self._set_filter(NO_FILTER)
        if subject is not None and not self._was_ready:
            self._set_ranges(subject)
        self._was_ready = subject is not None
        self.card.setVisible(subject is not None)
        removed, count = cleaning.document.removed_count, cleaning.document.count
        self.card.show_counts(removed, count, cleaning.document.unsaved)
        found = cleaning.trial.found if cleaning.trial is not None else None
        self.card.show_found(found, count - removed, cleaning.is_trying)
        if cleaning.trial is None and not cleaning.is_trying and self.lasso.is_on:
            self._outline = None
            self.lasso.clear()
        self._window.commands.refresh()

    def _set_ranges(self, subject: CleaningSubject) -> None:
        """Numbers as this scene needs them."""
        sizes, card, opened = subject.primitives.sizes, self.card, self._session.opened
        largest = float(sizes.max(initial=0.0)) or 1.0
        diagonal = 1.0 if opened is None else float(np.linalg.norm(np.ptp(opened.scene.bounds, axis=0)))
        card.opacity.set_range(0, 1, USUAL_OPACITY)
        card.percent.set_range(0.01, 100, USUAL_PERCENT)
        card.absolute.set_range(0, largest, largest)
        card.multiple.set_range(0.1, MOST_MULTIPLE, USUAL_MULTIPLE)
        card.radius.set_range(0, diagonal, diagonal / 2)

    # Filters

    def choose(self, name: str) -> None:
        """Tries a filter of `FILTERS` out, or gives up."""
        self._outline = None
        self._set_filter(name)
        self.cleaning.give_up()
        self._try()

    def _set_filter(self, name: str) -> None:
        if name == "lasso" and self._window.commands["measure"].isChecked():
            self._window.commands["measure"].trigger()
        if name in ("box", "sphere", "lasso") and name != self.card.chosen:
            side = "inside" if name == "lasso" else "outside"
            self.card.sides.setCurrentIndex(self.card.sides.findData(side))
        self.card.show_filter(name)
        for other in FILTERS:
            if other != NO_FILTER:
                self._window.commands[f"clean_{other}"].setChecked(other == name)
        self.lasso.switch(name == "lasso")
        self._overlays.draw()

    def _try_if(self, name: str) -> None:
        if self.card.chosen == name:
            self._window.notifications.guarded(self._try)()
            self._overlays.draw()

    def _try(self) -> None:
        make = self._edit()
        if make is not None:
            self.cleaning.try_out(make)
        self._overlays.draw()

    def _edit(self) -> MakeEdit | None:
        """What makes the edit that the card describes; None where there is none yet."""
        card, opened, place = self.card, self._session.opened, self._session.eye.place
        if opened is None:
            return None
        if card.chosen == "opacity":
            least = card.opacity.value
            return lambda _: RemoveFaint(least)
        if card.chosen == "size":
            percent = card.by_percent.isChecked()
            most = max(card.percent.value if percent else card.absolute.value, 1e-9)
            return lambda _: RemoveLarge(most, percent)
        if card.chosen == "floaters":
            floaters = RemoveFloaters(card.neighbours.value(), card.multiple.value)
            return lambda _: floaters
        if card.chosen == "box":
            box = RemoveBox(self._box(opened.scene.bounds).moved(opened.origin), card.side)
            return lambda _: box
        if card.chosen == "sphere" and place is not None:
            x, y, z = (float(value) for value in place.pivot + opened.origin)
            sphere = RemoveSphere((x, y, z), max(card.radius.value, 1e-9), card.side)
            return lambda _: sphere
        return self._lasso_edit() if card.chosen == "lasso" else None

    def _box(self, bounds: Array) -> CropBox:
        return self._session.view.crop_box or CropBox.of(bounds)

    def _outlined(self, camera: Camera, outline: Array) -> None:
        self._outline = camera, outline
        self._try()

    def _lasso_edit(self) -> MakeEdit | None:
        opened = self._session.opened
        if self._outline is None or opened is None:
            return None
        camera, outline = self._outline
        corners = tuple((float(u), float(v)) for u, v in outline)
        edit = RemoveOutlined(in_world([camera], opened.origin)[0], corners, self.card.side)
        if not self.card.visible_only.isChecked():
            return lambda _: edit
        exact = self._session.images.exact
        depth = exact.frame.depth if exact is not None and exact.frame is not None else None
        if exact is None or depth is None or not np.array_equal(exact.camera.camera_to_world, camera.camera_to_world):
            self.lasso.clear()
            raise UserError("The visible surface is known when the picture is final: draw the lasso again then.")
        surface = to_host(depth.detach().float()).numpy()

        def of_surface(subject: CleaningSubject) -> RemoveOutlined:
            seen = on_surface(camera, subject.primitives.positions, subject.primitives.sizes, surface)
            return replace(edit, seen=PickedPrimitives.of(seen))

        return of_surface

    def _lines(self, eye: Camera) -> LineSegments:
        """The box or the sphere of the filter."""
        opened, place = self._session.opened, self._session.eye.place
        if opened is None or place is None:
            return join([])
        if self.card.chosen == "box" and not self._session.view.is_cropped:
            lines = box_segments(self._box(opened.scene.bounds).bounds)
            lines.colours[:] = HOVERED_RGBA
            return lines
        return sphere_segments(place.pivot, self.card.radius.value) if self.card.chosen == "sphere" else join([])

    def may_leave(self) -> bool:
        """Whether the program may end: asks where something was removed and saved nowhere."""
        return self._files.may_leave()
