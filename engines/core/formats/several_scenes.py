"""One scene, several in one folder, or folders of them for each split: what layouts that know their depths share.

Scenes are numbered in the order of the splits, those to train on first, and of their names there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from engines.core.bounds import bounds_of
from engines.core.camera import Array
from engines.core.data.dataset import Dataset
from engines.core.data.views import FACTS, SPLITS, Split, ViewFacts, Views
from engines.core.formats.instance_folders import Listing, ObjectFolders, Place
from engines.core.formats.splits import read_split_lists, split_folders
from engines.core.upright import AS_STATED, up_direction

MOST_NOTES = 12
"""Of several scenes."""


@dataclass(frozen=True)
class SceneFolder:
    """The place of a scene, and its name and split.

    Attributes:
        name: "" for the only one.
        path: its folder, or the file that stands for it.
    """

    name: str
    path: Path
    split: Split = "train"


@dataclass(frozen=True, eq=False)
class Extent:
    """What is known of a scene without reading its views.

    Attributes:
        depths: the nearest and the farthest that its cameras see, world units.
        views: how many; of a rig, steps times cameras, in the order of the steps.
        rig: how many cameras took each step; 0 where one was moved about in a still scene.
        backgrounds: how many pictures without what moves follow after the views: none, or one for each camera.
        points: [N, 3] on its surfaces, world, where they are known.
        splits: [views] of each, where lists say so; empty: all are of the scene's own split.
        notes: what was assumed or left out.
    """

    depths: tuple[float, float]
    views: int
    rig: int = 0
    backgrounds: int = 0
    points: Array = field(default_factory=lambda: np.empty((0, 3)))
    splits: tuple[Split, ...] = ()
    notes: tuple[str, ...] = ()


class SceneViews(Listing, Protocol):
    """A scene's views, then its backgrounds."""

    extent: Extent


ListScene = Callable[[Place, str], SceneViews]
"""Lists a scene; the names of its views begin with the text."""


def scenes_among(root: Path, is_scene: Callable[[Path], bool]) -> list[tuple[str, Path]]:
    """`root` itself, named "", or those of its folders that are scenes, by name."""
    if is_scene(root):
        return [("", root)]
    return [(path.name, path) for path in sorted(root.iterdir()) if path.is_dir() and is_scene(path)]


def find_scenes(folder: Path, scenes_in: Callable[[Path], list[tuple[str, Path]]]) -> list[SceneFolder]:
    """The scenes of a folder, or of the folders for each split in it; none where it holds none.

    Args:
        scenes_in: names and places of the scenes of one folder; the name "" if it is a scene itself.
    """
    own = scenes_in(folder)
    if [name for name, _ in own] == [""]:
        return [SceneFolder(*own[0])]
    roots = split_folders(folder)
    found = [(root.name, split, name or root.name, path) for split, root in roots for name, path in scenes_in(root)]
    places = {root for _, root in roots}
    # A scene called "train" beside others is of a locomotive.
    one_of_many = any(path in places for _, path in own) and any(path not in places for _, path in own)
    if not found or one_of_many:
        return [SceneFolder(name, path) for name, path in own]
    times = Counter(name for _, _, name, _ in found)
    # A name that stands in two splits is of two scenes.
    return [
        SceneFolder(name if times[name] == 1 else f"{root}/{name}", path, split) for root, split, name, path in found
    ]


def find_instances(
    folder: Path, objects_in: Callable[[Path], list[tuple[str, Path]]]
) -> tuple[list[SceneFolder], tuple[str, ...]]:
    """The objects of a folder: lists of names may say which to train on, and it may hold categories.

    Returns:
        objects: none where the folder holds none.
        notes: what the lists leave out, or name and is not there.

    Raises:
        UserError: a list can't be read.
    """
    found = find_scenes(folder, objects_in)
    if found:
        return _as_listed(folder, found)
    objects, notes = list[SceneFolder](), dict[str, None]()
    for category in sorted(path for path in folder.iterdir() if path.is_dir()):
        try:
            listed, said = _as_listed(category, find_scenes(category, objects_in))
        except OSError:
            # What may not be looked into is no category; it need not have to do with the data at all.
            continue
        objects += [replace(one, name=f"{category.name}/{one.name}".rstrip("/")) for one in listed]
        notes |= dict.fromkeys(f"{category.name}: {note}" for note in said)
    return sorted(objects, key=lambda one: SPLITS.index(one.split)), tuple(notes)


def _as_listed(folder: Path, objects: list[SceneFolder]) -> tuple[list[SceneFolder], tuple[str, ...]]:
    lists = read_split_lists(folder)
    names = [one.name for one in objects]
    if not lists.concern(names) or any(one.split != "train" or not one.name for one in objects):
        return objects, (lists.not_used,) if lists.not_used and objects else ()
    notes = lists.notes(names)
    chosen = [replace(one, split=split) for one in objects if (split := lists.split(one.name)) is not None]
    return sorted(chosen, key=lambda one: SPLITS.index(one.split)), notes


def _scene(list_scene: ListScene, names: Sequence[str], place: Place) -> SceneViews:
    return list_scene(place, f"{names[place[2]]}/" if names else "")


def scenes_dataset(
    format_name: str,
    folder: Path,
    scenes: Sequence[SceneFolder],
    list_scene: ListScene,
    up: Array | None = None,
    notes: tuple[str, ...] = (),
) -> Dataset:
    """All scenes as one dataset, whose views are read when they are asked for.

    Its hints: `near` and `far` over all, and `ranges`, [near, far] of each.

    Args:
        list_scene: must survive pickling, for workers that read photographs.
        up: [3], world; None: that of the first scene's pictures.

    Raises:
        UserError: what `list_scene` says.
    """
    names = tuple(scene.name for scene in scenes if scene.name)
    places = [(scene.path, scene.split, number) for number, scene in enumerate(scenes)]
    extents: list[Extent] = []
    source = ObjectFolders(places, partial(_scene, list_scene, names), lambda _, scene: extents.append(scene.extent))
    views, backgrounds = _views(source, places, extents)
    first = int(views.instances[0])
    cameras = tuple(view.camera for view in views.of_instance(first).at_time(0))
    ranges = [list(extent.depths) for extent in extents]
    return Dataset(
        views=views,
        source=folder,
        format=format_name,
        bounds=bounds_of(cameras, extents[first].depths, extents[first].points),
        up=up_direction(cameras) if up is None else up,
        hints={"near": min(near for near, _ in ranges), "far": max(far for _, far in ranges), "ranges": ranges},
        notes=(*notes, *_notes(names, extents)),
        instances=names,
        backgrounds=backgrounds,
        points=extents[first].points,
        up_found=AS_STATED if up is not None else "",
    )


def _notes(names: Sequence[str], extents: Sequence[Extent]) -> tuple[str, ...]:
    """Of all scenes; of many the first that has some, and how many more."""
    said = [(number, note) for number, extent in enumerate(extents) for note in extent.notes]
    if not names:
        return tuple(note for _, note in said)
    notes = [f"{names[number]}: {note}" for number, note in said]
    more = len(notes) - MOST_NOTES
    return (*notes[:MOST_NOTES], *((f"and {more} more notes of this kind",) if more > 0 else ()))


def _views(source: ObjectFolders, places: Sequence[Place], extents: Sequence[Extent]) -> tuple[Views, Views]:
    """All views, training views first; all backgrounds, in the order of the scenes."""
    parts = [_facts(place, extent) for place, extent in zip(places, extents, strict=True)]
    facts = ViewFacts(*(np.concatenate([getattr(part, name) for part in parts]) for name in FACTS))
    pictures = Views(source, np.arange(len(source)), facts)
    is_view = np.concatenate([np.arange(extent.views + extent.backgrounds) < extent.views for extent in extents])
    views = pictures.chosen(is_view)
    return views.chosen(np.argsort(views.splits != 0, kind="stable")), pictures.chosen(~is_view)


def _facts(place: Place, extent: Extent) -> ViewFacts:
    """Of a scene's views and, after them, its backgrounds."""
    order, without = np.arange(extent.views), np.arange(extent.backgrounds)
    times, cameras = (order // extent.rig, order % extent.rig) if extent.rig else (0 * order, 0 * order - 1)
    count = extent.views + extent.backgrounds
    splits = (*(extent.splits or [place[1]] * extent.views), *[place[1]] * extent.backgrounds)
    return ViewFacts(
        splits=np.array([SPLITS.index(split) for split in splits], dtype=np.int8),
        instances=np.full(count, place[2], dtype=np.int32),
        has_image=np.ones(count, dtype=bool),
        times=np.concatenate([times, 0 * without]).astype(np.int32),
        cameras=np.concatenate([cameras, without]).astype(np.int32),
    )
