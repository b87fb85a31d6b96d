"""What a data folder has too much or too little of: which photograph belongs to which pose, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engines.core.errors import UserError
from engines.core.reading import naming


@dataclass
class LeftOut:
    """What was left out, over one or more folders.

    Attributes:
        total: how many cameras there are in the data.
        missing: names of photographs that a camera is there for, but no file.
        without_camera: names of photographs that no camera is there for.
        photographs: how many photographs there are.
    """

    total: int = 0
    photographs: int = 0
    missing: list[str] = field(default_factory=list)
    without_camera: list[str] = field(default_factory=list)

    def add(self, other: LeftOut) -> None:
        """Adds what was left out of one more folder."""
        self.total += other.total
        self.photographs += other.photographs
        self.missing += other.missing
        self.without_camera += other.without_camera

    def notes(self, place: str = "the folder", cameras: str = "camera") -> tuple[str, ...]:
        """What was left out, in words; empty where all is there.

        Args:
            place: where the photographs are.
            cameras: what they lack.
        """
        notes = []
        if self.missing:
            notes.append(
                f"{len(self.missing)} of {self.total} photographs are not there and are left out, "
                f"such as {self.missing[0]}"
            )
        if self.without_camera:
            count = len(self.without_camera)
            notes.append(
                f"{count} of {self.photographs} photographs in {place} have no {cameras} and are left out: "
                f"{naming(self.without_camera)}"
            )
        return tuple(notes)


def of_objects(notes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """What is to be said of some objects of a class, by their names, in one note: the first, and how many there are."""
    if not notes:
        return ()
    name, said = next(iter(notes.items()))
    others = f", and so of {len(notes) - 1} more" if len(notes) > 1 else ""
    return (f"{name}: {'; '.join(said)}{others}",)


def pair(folder: Path, poses: Sequence[Path], images: Sequence[Path]) -> tuple[list[tuple[Path, Path]], LeftOut]:
    """Each pose with its photograph: by name where they share names, else by number or in order.

    Args:
        poses: sorted as people count, as `images`; neither is empty.

    Raises:
        UserError: begins with `folder`: it can't be told which belongs to which.
    """
    keys: tuple[Sequence[str | int], Sequence[str | int]] = [path.stem for path in poses], [p.stem for p in images]
    if not set(keys[0]) & set(keys[1]):
        if len(poses) == len(images) and not _shuffled(poses, images):
            return list(zip(poses, images, strict=True)), LeftOut(len(poses), len(images))
        first, second = numbers_in(poses), numbers_in(images)
        if first is None or second is None or not _mostly_shared(first, second):
            raise UserError(
                f"{folder}: {len(poses)} poses but {len(images)} images, whose names don't agree; "
                "each image needs its pose"
            )
        keys = first, second
    by_key = dict(zip(keys[1], images, strict=True))
    pairs = [(pose, by_key[key]) for key, pose in zip(keys[0], poses, strict=True) if key in by_key]
    known = set(keys[0])
    return pairs, LeftOut(
        len(poses),
        len(images),
        [pose.stem for key, pose in zip(keys[0], poses, strict=True) if key not in by_key],
        [image.stem for key, image in zip(keys[1], images, strict=True) if key not in known],
    )


def numbers_in(paths: Sequence[Path]) -> list[int] | None:
    """The last number in each name; None where one has none, or two have the same."""
    found = [re.findall(r"[0-9]+", path.stem) for path in paths]
    numbers = [int(words[-1]) for words in found if words]
    return numbers if len(set(numbers)) == len(paths) else None


def _mostly_shared(first: Sequence[int], second: Sequence[int]) -> bool:
    return 2 * len(set(first) & set(second)) > max(len(first), len(second))


def _shuffled(poses: Sequence[Path], images: Sequence[Path]) -> bool:
    """Whether as many of both are numbered so that something lacks in each: 0 1 3 and 0 2 3, say.

    Numbers that begin elsewhere, or count in other steps, still go in order.
    """
    first, second = numbers_in(poses), numbers_in(images)
    if first is None or second is None or len(first) < 3:
        return False
    (a, b), (c, d) = (first[0], second[0]), (first[-1], second[-1])
    in_step = all((x - a) * (d - b) == (y - b) * (c - a) for x, y in zip(first, second, strict=True))
    return not in_step and _mostly_shared(first, second)
