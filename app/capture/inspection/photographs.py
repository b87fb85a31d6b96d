"""Doubts about photographs: blurred, dark, twice there, with masks of nothing, or no photographs at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from app.capture.inspection.report import Finding, Severity
from engines.core.camera import Array
from engines.core.data.decoding import HEIF_SUFFIXES, turned_upright
from engines.core.data.images import HEIF_WAY_OUT, shrunk, to_uint8, turned_size
from engines.core.data.picture_files import read_picture
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.core.reading import counted, naming

WORKING_PX, THUMBNAIL_PX, PRINT_PX = 512, 128, 32
"""Longest side that photographs are looked at, shown and compared with."""
JPEG_SUFFIXES = (".jpg", ".jpeg")
COARSE_PX = 1.5
"""Of the Gaussian that fine detail is told from coarse by."""
BLURRED = 0.6
"""Of the usual fineness. Sharp photographs of the captures it was tried on (a fox and a juice box by hand, DTU's skull,
renderings, infrared) have 0.76 of the median at least; a blur of one pixel at 512 leaves 0.46 at most."""
FEWEST = 5
"""Photographs, to say what is usual among them."""
SAME = 8
"""Largest difference of 32x32 brightnesses, of 255. Saved again as JPEG a photograph differs by 5; neighbouring views
of a turned lamp, the most alike of different ones, by 15."""
DARK, LIGHT = 0.08, 0.92
"""Brightness that nearly all pixels are below or above; of a thin object on white they are not."""
NEARLY_ALL = 99.5
"""Percent of the pixels."""


@dataclass(frozen=True)
class MaskFault:
    """What is wrong with the mask of a photograph, if it has one.

    Attributes:
        unreadable: why it can't be read, in one line; "" where it can.
        empty: whether nothing belongs to the object.
        leaves_nothing: whether nothing may be trained on.
    """

    unreadable: str = ""
    empty: bool = False
    leaves_nothing: bool = False


@dataclass(frozen=True, eq=False)
class Look:
    """What was seen of a photograph.

    Attributes:
        view: whose it is.
        thumbnail: [h, w, 3] uint8.
        size_px: (width, height) of the file's own.
        fineness: how much of its detail is fine; does not depend on what is shown.
        brightness: [32, 32] float32, to compare by.
        extremes: the darkest and the lightest brightness, but for a few pixels, in [0, 1].
        mask: what is wrong with its mask.
    """

    view: View
    thumbnail: Array
    size_px: tuple[int, int]
    fineness: float
    brightness: Array
    extremes: tuple[float, float]
    mask: MaskFault = MaskFault()


def look_at_photograph(view: View, of_object: bool = True) -> Look:
    """Reads it, at a small size where the file allows that, and its mask.

    Args:
        of_object: whether a mask says what belongs to an object; else what moves, which may be nothing.

    Raises:
        Exception: of any kind, as image files can be broken in many ways.
    """
    picture, size_px = _read(view)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    dark, light = np.percentile(grey, (100 - NEARLY_ALL, NEARLY_ALL)) / 255
    return Look(
        view,
        shrunk(picture, THUMBNAIL_PX),
        size_px,
        fineness(grey),
        np.asarray(cv2.resize(grey.astype(np.float32), (PRINT_PX, PRINT_PX), interpolation=cv2.INTER_AREA)),
        (float(dark), float(light)),
        _look_at_mask(view, of_object),
    )


def _look_at_mask(view: View, of_object: bool) -> MaskFault:
    try:
        return MaskFault(
            empty=of_object and view.mask_path is not None and not view.mask().any(),
            leaves_nothing=view.valid_mask_path is not None and not np.any(view.valid_mask()),
        )
    except UserError as error:
        return MaskFault(unreadable=str(error))


def _read(view: View) -> tuple[Array, tuple[int, int]]:
    """[h, w, 3] uint8, and (width, height) of the file's own, both as the photograph is shown."""
    if view.image_path is None:
        raise ValueError(f"view {view.name} has no photograph")
    if view.image_path.suffix.lower() in JPEG_SUFFIXES and not view.image_at:
        with Image.open(view.image_path) as image:
            size_px = (image.width, image.height)
            # The decoder leaves out what is not asked for: a large JPEG comes several times sooner.
            image.draft("RGB", (WORKING_PX, WORKING_PX))
            picture = np.asarray(image.convert("RGB"))
    else:
        picture = to_uint8(read_picture(view.image_path, view.image_at))
        size_px = (picture.shape[1], picture.shape[0])
    picture, size_px = turned_upright(picture, view.turned), turned_size(size_px, view.turned)
    return shrunk(picture, WORKING_PX), size_px


def fineness(grey: Array) -> float:
    """How strong the finest detail of [H, W] bytes is, by that which a small blur leaves.

    `sharp_frames.sharpness` alone follows what is shown: the same lens sees a quarter as much of it on a plain wall.
    """
    image = grey.astype(np.float64)
    fine = cv2.Laplacian(image, cv2.CV_64F).std()
    coarse = cv2.Laplacian(cv2.GaussianBlur(image, (0, 0), COARSE_PX), cv2.CV_64F).std()
    # A picture of one colour has no detail of either kind.
    return float(fine / max(coarse, 1e-3))


class InspectedImages:
    """What was seen so far."""

    def __init__(self) -> None:
        self._looks: list[Look] = []
        self._unreadable: list[str] = []
        self._doubles: list[tuple[Look, Look]] = []
        self._way_out = ""

    def add(self, look: Look) -> None:
        """One more; compared with all before it."""
        if self._looks and not _one_colour(look):
            before = np.stack([other.brightness for other in self._looks])
            alike = np.abs(before - look.brightness).max(axis=(1, 2)) < SAME
            twin = next((self._looks[at] for at in np.flatnonzero(alike) if _doubtful(self._looks[at], look)), None)
            if twin is not None:
                self._doubles.append((twin, look))
        self._looks.append(look)

    def add_unreadable(self, name: str, path: Path | None = None) -> None:
        """One that can't be read; `path` where it is a file of its own."""
        self._unreadable.append(name)
        if path is not None and path.suffix.lower() in HEIF_SUFFIXES:
            self._way_out = f"; {HEIF_WAY_OUT}"

    def findings(self) -> list[Finding]:
        """About all that was seen."""
        dark = [look.view.name for look in self._looks if look.extremes[1] < DARK]
        light = [look.view.name for look in self._looks if look.extremes[0] > LIGHT]
        other_size = [look.view.name for look in self._looks if look.size_px != look.view.taken_with.size_px]
        empty = [look.view.name for look in self._looks if look.mask.empty]
        left_out = [look.view.name for look in self._looks if look.mask.leaves_nothing]
        groups: list[tuple[Severity, str, Sequence[str]]] = [
            ("warning", "can't be read", self._unreadable),
            ("warning", "of another size than the camera", other_size),
            ("warning", "nearly all black", dark),
            ("warning", "nearly all white", light),
            ("warning", "much less sharp than the others", self._blurred()),
            ("warning", "with an empty mask (what belongs to the object must be white in it)", empty),
            ("warning", "of which the mask leaves nothing to train on", left_out),
        ]
        found = [
            Finding(
                severity,
                f"{counted(len(names), 'photograph')} {what}: {naming(names)}"
                f"{self._way_out if names is self._unreadable else ''}",
                tuple(names),
            )
            for severity, what, names in groups
            if names
        ]
        return found + self._unreadable_masks() + self._duplicates()

    def _unreadable_masks(self) -> list[Finding]:
        names = tuple(look.view.name for look in self._looks if look.mask.unreadable)
        if not names:
            return []
        first = next(look.mask.unreadable for look in self._looks if look.mask.unreadable)
        more = f" (and {len(names) - 1} more masks like it)" if len(names) > 1 else ""
        return [Finding("warning", f"{first}{more}", names)]

    def _blurred(self) -> list[str]:
        """By object: the same lens draws a car and a lamp differently."""
        by_object: dict[int, list[Look]] = {}
        for look in self._looks:
            if not _one_colour(look):
                by_object.setdefault(look.view.instance, []).append(look)
        found = []
        for looks in by_object.values():
            usual = float(np.median([look.fineness for look in looks]))
            if len(looks) >= FEWEST:
                found += [look.view.name for look in looks if look.fineness < BLURRED * usual]
        return found

    def _duplicates(self) -> list[Finding]:
        if not self._doubles:
            return []
        pairs = [f"{second.view.name} and {first.view.name}" for first, second in self._doubles]
        names = tuple(dict.fromkeys(look.view.name for pair in self._doubles for look in pair))
        text = f"{counted(len(pairs), 'photograph')} that can hardly be told from another: {naming(pairs)}"
        return [Finding("warning", text, names)]


def _one_colour(look: Look) -> bool:
    return look.extremes[1] < DARK or look.extremes[0] > LIGHT


def _doubtful(first: Look, second: Look) -> bool:
    """Whether two that look the same should not."""
    a, b = first.view, second.view
    if a.time != b.time:
        # What a camera that stands still sees while nothing moves.
        return False
    same_camera = np.allclose(a.camera.camera_to_world, b.camera.camera_to_world, rtol=0, atol=1e-9)
    # A path to test with may come by where it was.
    return not (same_camera and a.split == b.split == "test")
