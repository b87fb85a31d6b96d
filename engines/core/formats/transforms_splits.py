"""Which photographs of `transforms.json` are to train on, and which are held out.

Splits are files of their own, or lists of names in the one file. A list names photographs in any form that programs
write; where there is one of training photographs, those in no list are left out, as nerfstudio has it. A photograph
that is held out is never trained on, whatever else it is listed for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engines.core.data.views import Split
from engines.core.errors import UserError
from engines.core.formats.transforms_names import PhotographNames
from engines.core.reading import quoted, shortened

FILE = "transforms.json"
SPLIT_FILES: Mapping[str, Split] = {
    "transforms_train.json": "train",
    "transforms_val.json": "validation",
    "transforms_validation.json": "validation",
    "transforms_test.json": "test",
}
SPLIT_LISTS: Mapping[str, Split] = {
    "train_filenames": "train",
    "val_filenames": "validation",
    "validation_filenames": "validation",
    "test_filenames": "test",
}


def chosen_files(folder: Path) -> list[tuple[Path, Split | None]]:
    """The files to read, each with its split; None: what the file itself says, else train.

    Where the held-out photographs have files and those to train on don't, the latter are the others of
    `transforms.json`.
    """
    files: list[tuple[Path, Split | None]] = [
        (folder / name, split) for name, split in SPLIT_FILES.items() if (folder / name).is_file()
    ]
    has_train = any(split == "train" for _, split in files)
    if (folder / FILE).is_file() and not has_train:
        files.insert(0, (folder / FILE, None))
    return files


def passed_over(folder: Path, files: Sequence[tuple[Path, Split | None]]) -> list[str]:
    """Names of the other files of the kind that lie beside those that are read."""
    read = {path.name for path, _ in files}
    return sorted(path.name for path in folder.glob("transforms*.json") if path.name not in read and path.is_file())


def listed_splits(path: Path, data: Mapping[str, Any], names: Sequence[str]) -> tuple[list[set[Split]], list[str]]:
    """The splits of each frame by the file's lists, and notes about what in them is doubtful.

    Args:
        names: of the frames, as the file has them.

    Returns:
        splits: [F] of each frame; none where it is in no list; train for all where there are no lists.
        notes: for people.

    Raises:
        UserError: a list is none of names, or names none of the frames.
    """
    lists = {key: _checked_list(path, key, data[key]) for key in SPLIT_LISTS if data.get(key) is not None}
    if not any(lists.values()):
        return [{"train"} for _ in names], []
    lookup, notes = PhotographNames(names), []
    splits: list[set[Split]] = [set() for _ in names]
    for key, listed in lists.items():
        unknown = []
        for name in listed:
            frames = lookup.find(name)
            unknown += [] if frames else [name]
            for frame in frames:
                splits[frame].add(SPLIT_LISTS[key])
        if unknown and len(unknown) == len(listed):
            raise UserError(
                f"{path}: none of the {len(listed)} names in {key} is of a frame, such as {quoted(unknown[0])}"
            )
        if unknown:
            notes.append(
                f"{len(unknown)} of {len(listed)} names in {key} are of no frame, such as {shortened(unknown[0])}"
            )
    unlisted = [at for at, found in enumerate(splits) if not found]
    if unlisted and not lists.get("train_filenames"):
        for at in unlisted:
            splits[at].add("train")
    elif unlisted:
        notes.append(
            f"{len(unlisted)} of {len(names)} photographs are in none of the lists of splits and are left out, such as "
            f"{shortened(names[unlisted[0]])}"
        )
    return splits, notes


def _checked_list(path: Path, key: str, listed: Any) -> list[str]:
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise UserError(f"{path}: {key} must be a list of names, as the frames' file_path are")
    return listed


def held_apart(paths: Sequence[Path], splits: Sequence[Split]) -> tuple[list[bool], list[str]]:
    """Which of the photographs stay, so that none is trained on that is held out, and none stands twice in a split.

    Args:
        paths: the photographs' files.
        splits: the split of each.

    Returns:
        stay: [N].
        notes: for people.
    """
    held_out = {path for path, split in zip(paths, splits, strict=True) if split != "train"}
    learnt = {path for path, split in zip(paths, splits, strict=True) if split == "train"}
    both = held_out & learnt
    # Where nothing is left to train on, held out is what the list of training photographs is.
    reversed_ = bool(learnt) and both == learnt
    stay, seen, doubles = list[bool](), set[tuple[Path, Split]](), set[Path]()
    for path, split in zip(paths, splits, strict=True):
        dropped = path in both and (split == "train") != reversed_
        if (path, split) in seen:
            doubles.add(path)
        stay.append(not dropped and (path, split) not in seen)
        seen.add((path, split))
    notes = []
    if reversed_:
        notes.append(
            f"all {len(learnt)} photographs to train on are also listed to be held out; they are trained on, and "
            "none of them is held out"
        )
    elif both:
        notes.append(
            f"{len(both)} photographs are listed to train on and to be held out, such as {min(both).name}; they are "
            "held out"
        )
    if doubles:
        notes.append(
            f"{len(doubles)} photographs stand more than once, such as {min(doubles).name}; the first camera of each "
            "is taken"
        )
    return stay, notes
