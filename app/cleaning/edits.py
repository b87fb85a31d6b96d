"""The edits of a cleaning: immutable values that say which primitives are left out, in the world of the data."""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from app.cleaning.finding import in_box, in_outline, in_sphere, size_at
from app.cleaning.subject import CleaningSubject
from app.rendering.crop_box import CropBox, Triple
from engines.core.camera import Array, Camera
from engines.core.data.origin import from_world
from engines.core.engine import Stop, never_stop
from engines.core.errors import UserError

Side: TypeAlias = Literal["inside", "outside"]
MOST_NEIGHBOURS = 100
MOST_CORNERS = 10_000
"""Of an outline: more than a hand draws in a minute."""


@dataclass(frozen=True)
class RemoveBox:
    """What lies on one side of a box is left out; `box` in the world."""

    box: CropBox
    removes: Side = "outside"

    @property
    def name(self) -> str:
        """The edit in the menu."""
        return f"Remove {self.removes} of box"

    def found(self, subject: CleaningSubject, kept: Array, stop: Stop) -> Array:
        """[N] bool, what it names; `kept` [N]: of what is left so far."""
        box = self.box.moved(-subject.origin)
        inside = in_box(subject.primitives.positions, box.bounds[0], box.bounds[1])
        return inside if self.removes == "inside" else ~inside


@dataclass(frozen=True)
class RemoveSphere:
    """What lies on one side of a sphere is left out; world units. Raises ValueError where it is none."""

    centre: Triple
    radius: float
    removes: Side = "outside"

    def __post_init__(self) -> None:
        if not (np.isfinite(self.centre).all() and math.isfinite(self.radius) and self.radius > 0):
            raise ValueError(f"sphere: the radius is {self.radius:g}; it must be more than 0")

    @property
    def name(self) -> str:
        """The edit in the menu."""
        return f"Remove {self.removes} of sphere"

    def found(self, subject: CleaningSubject, kept: Array, stop: Stop) -> Array:
        """[N] bool, what it names; `kept` [N]: of what is left so far."""
        centre = np.array(self.centre) - subject.origin
        inside = in_sphere(subject.primitives.positions, centre, self.radius)
        return inside if self.removes == "inside" else ~inside


@dataclass(frozen=True)
class RemoveFaint:
    """What has a lower opacity is left out. Raises ValueError where `least` is none, in [0, 1]."""

    least: float

    def __post_init__(self) -> None:
        if not 0 <= self.least <= 1:
            raise ValueError(f"minimum opacity: {self.least:g} is not between 0 and 1")

    @property
    def name(self) -> str:
        """The edit in the menu."""
        return f"Remove opacity below {self.least:.3g}"

    def found(self, subject: CleaningSubject, kept: Array, stop: Stop) -> Array:
        """[N] bool, what it names; `kept` [N]: of what is left so far."""
        return np.asarray(subject.primitives.opacities < self.least)


@dataclass(frozen=True)
class RemoveLarge:
    """What is larger is left out: than `most` world units, or than `most` percent of what is left so far.

    Raises ValueError where that is no size.
    """

    most: float
    is_percent: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.most) and self.most > 0 and (self.most <= 100 or not self.is_percent)):
            text = f"{self.most:g} %" if self.is_percent else f"{self.most:g}"
            raise ValueError(f"maximum size: {text} is none; it is more than 0, and at most 100 %")

    @property
    def name(self) -> str:
        """The edit in the menu."""
        return f"Remove above {self.most:.4g} % of sizes" if self.is_percent else f"Remove size above {self.most:.4g}"

    def found(self, subject: CleaningSubject, kept: Array, stop: Stop) -> Array:
        """[N] bool, what it names; `kept` [N]: of what is left so far."""
        sizes = subject.primitives.sizes
        return np.asarray(sizes > (size_at(sizes[kept], self.most) if self.is_percent else self.most))


@dataclass(frozen=True)
class RemoveFloaters:
    """What lies alone is left out: as far from its nearest `neighbours`, in the mean, as `multiple` times all others'.

    Raises ValueError where these are no such numbers.
    """

    neighbours: int
    multiple: float

    def __post_init__(self) -> None:
        if not 1 <= self.neighbours <= MOST_NEIGHBOURS:
            raise ValueError(f"floaters: {self.neighbours} neighbours; there must be 1 to {MOST_NEIGHBOURS}")
        if not (math.isfinite(self.multiple) and self.multiple > 0):
            raise ValueError(f"floaters: {self.multiple:g} times the mean distance; it must be more than 0")

    @property
    def name(self) -> str:
        """The edit in the menu."""
        return f"Remove floaters ({self.neighbours} neighbours, {self.multiple:.3g} x)"

    def found(self, subject: CleaningSubject, kept: Array, stop: Stop) -> Array:
        """[N] bool, what it names among what is left so far, `kept` [N].

        Raises:
            Cancelled: `stop` said so.
        """
        distances = subject.distances(kept, self.neighbours, stop)
        found, alone = np.zeros(len(kept), dtype=bool), distances > self.multiple * distances.mean(dtype=np.float64)
        found[np.flatnonzero(kept)[alone]] = True
        return found


@dataclass(frozen=True)
class PickedPrimitives:
    """Some primitives by their numbers, as text. Raises ValueError where it is none.

    Attributes:
        count: of all there are.
        packed: [count] bits, deflated, in base64.
    """

    count: int
    packed: str

    def __post_init__(self) -> None:
        self.mask()

    @staticmethod
    def of(mask: Array) -> PickedPrimitives:
        """Those of [N] bools."""
        packed = zlib.compress(np.packbits(mask).tobytes(), 9)
        return PickedPrimitives(len(mask), base64.b64encode(packed).decode("ascii"))

    def mask(self) -> Array:
        """[count] bool."""
        try:
            size, content = -(-self.count // 8), zlib.decompressobj()
            bits = content.decompress(base64.b64decode(self.packed, validate=True), max(size, 1))
        except (binascii.Error, zlib.error, ValueError) as error:
            raise ValueError(f"picked primitives: {error}") from error
        if len(bits) != size or not content.eof:
            raise ValueError(f"picked primitives: not the bits of {self.count}")
        return np.unpackbits(np.frombuffer(bits, np.uint8), count=self.count).astype(bool)


@dataclass(frozen=True, eq=False)
class RemoveOutlined:
    """What a camera shows on one side of an outline drawn by hand is left out. Raises ValueError where it is none.

    Attributes:
        camera: in the world.
        outline: corners in pixels of its picture.
        seen: of the visible surface alone: what was on it when the outline was drawn; None: at any depth.
    """

    camera: Camera
    outline: tuple[tuple[float, float], ...]
    removes: Side = "inside"
    seen: PickedPrimitives | None = None

    def __post_init__(self) -> None:
        if not 3 <= len(self.outline) <= MOST_CORNERS:
            raise ValueError(f"lasso: {len(self.outline)} corners; there must be 3 to {MOST_CORNERS}")
        if not np.isfinite(self.outline).all():
            raise ValueError("lasso: corners that are not finite")

    @property
    def name(self) -> str:
        """The edit in the menu."""
        return f"Remove {self.removes} of lasso"

    def found(self, subject: CleaningSubject, kept: Array, stop: Stop) -> Array:
        """[N] bool, what it names; `kept` [N]: of what is left so far.

        Raises:
            UserError: the surface was that of a scene with other primitives.
        """
        camera = from_world([self.camera], subject.origin)[0]
        found = in_outline(camera, subject.primitives.positions, np.array(self.outline))
        found = found if self.removes == "inside" else ~found
        if self.seen is None:
            return found
        if self.seen.count != len(found):
            raise UserError(
                f"the lasso was drawn on {self.seen.count:,} primitives; the scene has {len(found):,}: draw it anew"
            )
        return np.asarray(found & self.seen.mask())


@dataclass(frozen=True)
class InvertRemoved:
    """What was left out is kept, and the other way round."""

    @property
    def name(self) -> str:
        """The edit in the menu."""
        return "Invert what is removed"


Removal: TypeAlias = RemoveBox | RemoveSphere | RemoveFaint | RemoveLarge | RemoveFloaters | RemoveOutlined
CleaningEdit: TypeAlias = Removal | InvertRemoved


def removed_after(edit: CleaningEdit, subject: CleaningSubject, removed: Array, stop: Stop = never_stop) -> Array:
    """[N] bool, what is left out after an edit, where `removed` [N] was before it.

    Raises:
        UserError: nothing would be left.
        Cancelled: `stop` said so.
    """
    after = ~removed if isinstance(edit, InvertRemoved) else removed | edit.found(subject, ~removed, stop)
    if len(after) and after.all():
        raise UserError(f"{edit.name}: that leaves none of the {len(after):,} primitives")
    return np.asarray(after)


def replayed(
    edits: tuple[CleaningEdit, ...], subject: CleaningSubject, stop: Stop = never_stop
) -> list[tuple[CleaningEdit, Array]]:
    """Each edit with what is left out after it, [N] bool, of a scene of which nothing is at first.

    Raises:
        UserError: nothing would be left, or an edit is of another scene.
        Cancelled: `stop` said so.
    """
    steps, removed = list[tuple[CleaningEdit, Array]](), np.zeros(len(subject.primitives), dtype=bool)
    for edit in edits:
        removed = removed_after(edit, subject, removed, stop)
        steps.append((edit, removed))
    return steps
