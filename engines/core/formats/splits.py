"""How folders and lists say what is to train on, what to validate with, and what to test with.

Folders `train`, `val` (or `validation`), `test`, as they are or after a name: `cars_train`, `cars_val`, `cars_test`
(SRN, pixelNeRF; SRN's `cars_train_val` holds other views of the objects to train on). Lists with the name of a folder
on each line: `train.lst` (or `.txt`), `val.lst`, `test.lst`, also after a name, as DVR's renderings have
`softras_train.lst`, or before a word, as nerfbaselines' `train_list.txt`; of one folder with a line for each view as
well, as splats' programs have `sparse/0/test.txt`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engines.core.data.views import SPLITS, Split
from engines.core.reading import read_text

SPLIT_FOLDERS: tuple[tuple[str, Split], ...] = (
    ("train", "train"),
    ("validation", "validation"),
    ("val", "validation"),
    ("test", "test"),
)
LISTS = (".lst", ".txt")
LIST_PREFIX = "softras_"
"""Of several lists for one split that with no prefix is taken, else that with this."""

_NAME = re.compile(r"(?:.+_)?(train_val|train|validation|val|test)", re.IGNORECASE)
_LIST_NAME = re.compile(_NAME.pattern + "(?:_list)?", re.IGNORECASE)
_SPLIT: Mapping[str, Split] = {**dict(SPLIT_FOLDERS), "train_val": "validation"}


def split_folders(folder: Path) -> list[tuple[Split, Path]]:
    """The folders of splits in a folder, those to train on first: the bare names where there are such."""
    bare = [(split, folder / name) for name, split in SPLIT_FOLDERS if (folder / name).is_dir()]
    if bare or not folder.is_dir():
        return bare
    matches = ((path, _NAME.fullmatch(path.name)) for path in sorted(folder.iterdir()) if path.is_dir())
    found = [(_SPLIT[match[1].lower()], path) for path, match in matches if match]
    return sorted(found, key=lambda place: SPLITS.index(place[0]))


@dataclass(frozen=True)
class SplitLists:
    """What lists of names beside folders say.

    Attributes:
        split_of: of each name that is listed.
        has_train: whether what is to be trained on is listed; else it is all that isn't.
        files: names of the lists.
    """

    split_of: Mapping[str, Split] = field(default_factory=dict)
    has_train: bool = False
    files: tuple[str, ...] = ()

    def concern(self, names: Iterable[str]) -> bool:
        """Whether they list any of these."""
        return any(name in self.split_of for name in names)

    @property
    def not_used(self) -> str:
        """A note on lists of something else; "" where there are none."""
        return f"the lists {', '.join(self.files)} name nothing that is here and are not used" if self.files else ""

    def split(self, name: str) -> Split | None:
        """None for what is in no list, and left out therefore."""
        return self.split_of.get(name, None if self.has_train else "train")

    def notes(self, names: list[str]) -> tuple[str, ...]:
        """What is listed and not there, or there and not listed."""
        absent = sorted(self.split_of.keys() - set(names))
        unlisted = [name for name in names if self.split(name) is None]
        notes = []
        if absent:
            notes.append(f"{len(absent)} of {len(self.split_of)} listed objects are not there, such as {absent[0]}")
        if unlisted:
            notes.append(
                f"{len(unlisted)} of {len(names)} objects are in no list ({', '.join(self.files)}) and are left out, "
                f"such as {unlisted[0]}"
            )
        return tuple(notes)


def read_split_lists(folder: Path) -> SplitLists:
    """The lists in a folder, of objects by the last part of their names; see `read_lists`.

    Raises:
        UserError: a list can't be read as text.
    """
    lists = read_lists(folder)
    # Some lists have paths, with what is above the objects or a slash behind.
    split_of = {Path(name).name: split for split, (_, names) in lists.items() for name in names}
    return SplitLists(split_of, "train" in lists, tuple(sorted(file for file, _ in lists.values())))


def read_lists(folder: Path) -> dict[Split, tuple[str, list[str]]]:
    """The lists in a folder, those to train on first: what is in two of them is held out.

    Returns:
        Of each split that has one, the list's file name and its lines.

    Raises:
        UserError: a list can't be read as text.
    """
    chosen: dict[Split, Path] = {}
    lists = (path for path in folder.iterdir() if path.suffix.lower() in LISTS)
    paths = sorted(lists, key=lambda path: (not path.name.startswith(LIST_PREFIX), path.name))
    paths.sort(key=lambda path: LISTS.index(path.suffix.lower()))
    for path in sorted(paths, key=lambda path: path.stem.lower() not in _SPLIT):
        match = _LIST_NAME.fullmatch(path.stem)
        if match and path.is_file():
            chosen.setdefault(_SPLIT[match[1].lower()], path)
    return {split: (chosen[split].name, _lines(chosen[split])) for split in SPLITS if split in chosen}


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in read_text(path).splitlines() if line.strip()]
