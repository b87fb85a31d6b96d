"""What lies beside photographs in folders of its own, a file for each: masks, depths, parameters, lists of splits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engines.core.data.images import files_with, in_natural_order, natural_order
from engines.core.data.views import Split
from engines.core.errors import UserError
from engines.core.formats.left_out import pair
from engines.core.formats.splits import read_lists
from engines.core.formats.transforms_names import PhotographNames
from engines.core.reading import naming

TEXT = ".txt"


def texts_in(folder: Path) -> list[Path]:
    """The `.txt` files of a folder, in capitals too, sorted as people count; none where there is no such folder."""
    if not folder.is_dir():
        return []
    return [folder / name for name in in_natural_order(files_with(folder, (TEXT,)))]


@dataclass(frozen=True)
class CompanionFiles:
    """The files of one such folder.

    Attributes:
        of: by the stem of what they belong to.
        note: what is there and not used; "" where all is.
    """

    of: Mapping[str, Path] = field(default_factory=dict)
    note: str = ""


def files_beside(folder: Path, owners: Sequence[Path], suffixes: Sequence[str]) -> CompanionFiles:
    """A file for each of `owners`: by name where they share names, else by number or in order, as photographs go.

    Args:
        owners: in order.
        suffixes: lower case; of two files of a name the first counts.
    """
    if not folder.is_dir():
        return CompanionFiles()
    there = [folder / name for name in files_with(folder, tuple(suffixes))]
    # Later ones give way to earlier ones.
    by_stem = {path.stem: path for path in sorted(there, key=lambda path: -suffixes.index(path.suffix.lower()))}
    stems = {path.stem for path in owners}
    found = {stem: path for stem, path in by_stem.items() if stem in stems}
    files = sorted(by_stem.values(), key=natural_order)
    if files and owners and not found:
        try:
            found = {owner.stem: file for owner, file in pair(folder, owners, files)[0]}
        except UserError:
            found = {}
    used = set(found.values())
    unused = [path.name for path in files if path not in used]
    if not unused:
        return CompanionFiles(found)
    text = f"{len(unused)} of {len(files)} files in {folder.name}/ belong to no photograph and are not used"
    return CompanionFiles(found, f"{text}: {naming(unused)}")


def params_of(poses: Sequence[Path], folder: Path) -> list[Path | None]:
    """A file of parameters for each pose: by name where they share names, else in order, as the authors have it."""
    files = texts_in(folder)
    by_name = {path.stem: path for path in files}
    if files and not any(path.stem in by_name for path in poses):
        return [*files[: len(poses)], *[None] * (len(poses) - len(files))]
    return [by_name.get(path.stem) for path in poses] if files else []


@dataclass(frozen=True)
class ListedSplits:
    """The splits of the views of one scene.

    Attributes:
        kept: numbers of the views that are in some list, or of all where no list names a view.
        splits: [kept] of each.
        notes: what is left out, or that lists are not used.
        obeyed: whether a list names a view.
    """

    kept: tuple[int, ...]
    splits: tuple[Split, ...]
    notes: tuple[str, ...]
    obeyed: bool = True


def listed_splits(places: Sequence[Path], names: Sequence[str], split: Split = "train") -> ListedSplits:
    """Obeys the lists (`train.txt`, `val.txt`, `test.txt`) of the first folder whose lists name a view.

    Args:
        places: where lists may lie.
        names: of the views' photographs; lists may have them with more folders before, or without their suffix.
        split: of the scene as a whole; where that isn't train, no list says otherwise.

    Raises:
        UserError: a list can't be read.
    """
    photographs, notes = PhotographNames(names), list[str]()
    for place in places if split == "train" else ():
        lists = read_lists(place)
        splits: list[Split | None] = [None if "train" in lists else "train"] * len(names)
        listed, absent = set[str](), set[str]()
        for said, (_, lines) in lists.items():
            for line in lines:
                found = photographs.find(line)
                (listed if found else absent).add(line)
                for at in found:
                    splits[at] = said
        if listed:
            kept = tuple(at for at, found in enumerate(splits) if found is not None)
            notes += _missing(names, splits, listed, absent)
            return ListedSplits(kept, tuple(found for found in splits if found is not None), tuple(notes))
        if lists:
            files = ", ".join(file for file, _ in lists.values())
            notes.append(f"the lists beside it ({files}) name no view of it and are not used")
    return ListedSplits(tuple(range(len(names))), (split,) * len(names), tuple(notes), obeyed=False)


def _missing(names: Sequence[str], splits: Sequence[Split | None], listed: set[str], absent: set[str]) -> Iterable[str]:
    unlisted = [name for name, split in zip(names, splits, strict=True) if split is None]
    if unlisted:
        yield f"{len(unlisted)} of {len(names)} views are in no list and are left out: {naming(unlisted)}"
    if absent:
        yield f"{len(absent)} of {len(listed | absent)} listed views are not there: {naming(sorted(absent))}"
