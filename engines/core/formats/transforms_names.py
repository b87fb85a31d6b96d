"""Names of files as programs on many machines write them in `transforms.json`, and the files here that they lead to.

A name may be a path of another machine, with its slashes, or lack its suffix, or have one that was true before the
photographs were converted. What it leads to always lies in the folder of `transforms.json`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engines.core.data.images import IMAGE_SUFFIXES, natural_key

IMAGES = "images"
"""Also `images_2` and so on: copies that nerfstudio made smaller."""

Parts = tuple[str, ...]


@dataclass(frozen=True)
class FoundFile:
    """A file that a name leads to.

    Attributes:
        whole: by all of the name; else by its last parts only, as the folder was carried here from elsewhere.
        other_suffix: the name has the suffix of another kind of image.
    """

    path: Path
    whole: bool
    other_suffix: bool


def parts_of(name: str) -> Parts:
    r"""The folders and the file of a path, without its drive and root: `D:\a\.\b.png` is a, b.png.

    `..` stays where it leads out of the folder.
    """
    parts: list[str] = []
    for part in name.removeprefix("file://").replace("\\", "/").split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return tuple(parts[1:] if parts and re.fullmatch("[A-Za-z]:", parts[0]) else parts)


def natural_order(name: str) -> list[list[str | int]]:
    """Sorts paths as people count: cam2/9 before cam2/10 before cam10/1."""
    return [natural_key(part) for part in parts_of(name)]


def _loosely(name: str) -> str:
    """What names have in common that are one on some machine: macOS takes accents apart, Windows knows no capitals."""
    return unicodedata.normalize("NFC", name).lower()


class FrameFiles:
    """The files of a folder, looked up by the names in its `transforms.json`; each directory is listed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._listed: dict[Path, Mapping[str, list[str]]] = {}

    def find(self, name: str, suffixes: Sequence[str] = IMAGE_SUFFIXES, *, bare: bool = True) -> FoundFile | None:
        """The file of a name: by the whole of it, else by as many of its last parts as there are here.

        Args:
            suffixes: that the file may have where the name has none, or another of these.
            bare: whether the last part alone may do; masks often have the names of their photographs.
        """
        parts = tuple(part for part in parts_of(name) if part != "..")
        inside = parts == parts_of(name)
        for count in range(len(parts), 0 if bare else min(len(parts), 2) - 1, -1):
            found = self._at(self._folder, parts[-count:], suffixes)
            if found is not None:
                path, other_suffix = found
                return FoundFile(path, inside and count == len(parts), other_suffix)
        for place in self._image_folders() if bare and parts else ():
            found = self._at(place, parts[-1:], suffixes)
            if found is not None:
                return FoundFile(found[0], False, found[1])
        return None

    def has(self, path: Path) -> bool:
        """Whether a file is there, by a look at the list of its directory."""
        return path.name in self._entries(path.parent).get(_loosely(path.name), ())

    def _image_folders(self) -> list[Path]:
        names = [name for listed in self._entries(self._folder).values() for name in listed]
        return [self._folder / name for name in sorted(names) if re.fullmatch(f"{IMAGES}(_[0-9]+)?", name)]

    def _entries(self, folder: Path) -> Mapping[str, list[str]]:
        """By what is alike in their spellings, all names that are spelt so."""
        if folder not in self._listed:
            entries = defaultdict(list)
            if folder.is_dir():
                for path in folder.iterdir():
                    entries[_loosely(path.name)].append(path.name)
            self._listed[folder] = entries
        return self._listed[folder]

    def _spelt(self, folder: Path, name: str) -> Path | None:
        """The entry of that name, else the only one that differs in capitals, or in how its accents are written."""
        names = self._entries(folder).get(_loosely(name), ())
        if name in names:
            return folder / name
        return folder / names[0] if len(names) == 1 else None

    def _at(self, folder: Path, parts: Parts, suffixes: Sequence[str]) -> tuple[Path, bool] | None:
        """The file at `parts` within a folder, and whether its suffix is another one than the name's."""
        place = folder
        for part in parts[:-1]:
            entry = self._spelt(place, part)
            if entry is None:
                return None
            place = entry
        name, has_suffix = parts[-1], Path(parts[-1]).suffix.lower() in suffixes
        names = [(name, False)]
        if has_suffix:
            names += [(Path(name).stem + suffix, True) for suffix in suffixes]
        else:
            # Blender's scripts leave it out.
            names += [(name + suffix, False) for suffix in suffixes]
        for tried, other_suffix in names:
            path = self._spelt(place, tried)
            if path is not None and path.is_file():
                return path, other_suffix
        return None


def unambiguous(names: Sequence[str], found: Sequence[FoundFile | None]) -> list[FoundFile | None]:
    """The files found for names; None where several names lead to one, but for those that name it whole.

    The photographs of two cameras often have the same names, in two folders.
    """
    claims: dict[Path, set[Parts]] = defaultdict(set)
    for name, file in zip(names, found, strict=True):
        if file is not None:
            claims[file.path].add(parts_of(name))
    return [None if file is None or (len(claims[file.path]) > 1 and not file.whole) else file for file in found]


class PhotographNames:
    """Photographs by their names: whole, without the suffix, or from any folder on."""

    def __init__(self, names: Sequence[str]) -> None:
        self._lengths: list[int] = []
        self._by_tail: dict[Parts, list[int]] = defaultdict(list)
        for frame, name in enumerate(names):
            parts = parts_of(name)
            self._lengths.append(len(parts))
            for tail in {form[at:] for form in (parts, _without_suffix(parts)) for at in range(len(parts))}:
                self._by_tail[tail].append(frame)
        self._parts = [_without_suffix(parts_of(name)) for name in names]

    def find(self, name: str) -> list[int]:
        """The places in the list of one photograph; none where the name is of no frame, or of several photographs."""
        parts = parts_of(name)
        for form in (parts, _without_suffix(parts)):
            for count in range(len(form), 0, -1):
                found = self._by_tail.get(form[-count:], [])
                # Of two paths of other machines the folder has to be the same, too.
                if count == 1 < len(form):
                    found = [at for at in found if self._lengths[at] == 1]
                if len({self._parts[at] for at in found}) == 1:
                    return found
                whole = [at for at in found if self._lengths[at] == count]
                if whole:
                    return whole
        return []


def _without_suffix(parts: Parts) -> Parts:
    if not parts or PurePosixPath(parts[-1]).suffix.lower() not in IMAGE_SUFFIXES:
        return parts
    return (*parts[:-1], PurePosixPath(parts[-1]).stem)
