"""What lies beside photographs in folders of its own, a file for each: masks, depths, parameters, lists of splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engines.core.errors import UserError
from engines.core.formats.left_out import pair
from engines.core.formats.splits import read_split_lists
from engines.core.images import files_with, in_natural_order, natural_order
from engines.core.reading import naming
from engines.core.views import Split

TEXT = ".txt"


def texts_in(folder: Path) -> list[Path]:
    """The `.txt` files of a folder, in capitals too, sorted as people count; none where there is no such folder."""
    if not folder.is_dir():
        return []
    return [folder / name for name in in_natural_order(files_with(folder, (TEXT,)))]


@dataclass(frozen=True)
class Beside:
    """The files of one such folder.

    Attributes:
        of: by the stem of what they belong to.
        note: what is there and not used; "" where all is.
    """

    of: Mapping[str, Path] = field(default_factory=dict)
    note: str = ""


def files_beside(folder: Path, owners: Sequence[Path], suffixes: Sequence[str]) -> Beside:
    """A file for each of `owners`: by name where they share names, else by number or in order, as photographs go.

    Args:
        owners: in order.
        suffixes: lower case; of two files of a name the first counts.
    """
    if not folder.is_dir():
        return Beside()
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
        return Beside(found)
    text = f"{len(unused)} of {len(files)} files in {folder.name}/ belong to no photograph and are not used"
    return Beside(found, f"{text}: {naming(unused)}")


def params_of(poses: Sequence[Path], folder: Path) -> list[Path | None]:
    """A file of parameters for each pose: by name where they share names, else in order, as the authors have it."""
    files = texts_in(folder)
    by_name = {path.stem: path for path in files}
    if files and not any(path.stem in by_name for path in poses):
        return [*files[: len(poses)], *[None] * (len(poses) - len(files))]
    return [by_name.get(path.stem) for path in poses] if files else []


def listed_splits(folder: Path, stems: Sequence[str]) -> tuple[Mapping[str, Split | None], str]:
    """What lists in a folder (`train.txt`, `val.txt`, `test.txt`) say of its views.

    Returns:
        splits: by a view's stem; None for what is in no list and left out therefore. Empty where no list names one.
        note: what is left out, or that the lists are not used; "" where there is nothing to say.

    Raises:
        UserError: a list can't be read.
    """
    lists = read_split_lists(folder)
    if not lists.split_of:
        return {}, ""
    known = lists.by(lambda name: Path(name).stem)
    if not known.split_of.keys() & set(stems):
        return {}, f"the lists beside it ({', '.join(lists.files)}) name no view of it and are not used"
    splits = {stem: known.split(stem) for stem in stems}
    unlisted = [stem for stem, split in splits.items() if split is None]
    absent = sorted(known.split_of.keys() - set(stems))
    said = []
    if unlisted:
        said.append(f"{len(unlisted)} of {len(stems)} views are in no list and are left out: {naming(unlisted)}")
    if absent:
        said.append(f"{len(absent)} of {len(known.split_of)} listed views are not there: {naming(absent)}")
    return splits, "; ".join(said)
