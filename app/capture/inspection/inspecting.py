"""Looks through a data folder: at once what its texts say, then photograph by photograph."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.capture.colmap.structure_from_motion import FEWEST
from app.capture.inspection.boxes import boxes_of_methods
from app.capture.inspection.lenses import lens_findings
from app.capture.inspection.photographs import InspectedImages, look_at_photograph
from app.capture.inspection.poses import camera_findings
from app.capture.inspection.report import DataReport, Finding, InspectedCamera, Suitability, Thumbnail
from app.capture.unused import left_to_learn, unused
from engines.core.abilities import reason_against
from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import image_size, list_images, unreadable_pictures
from engines.core.data.picture_files import VIDEO_SUFFIXES, video_shape
from engines.core.data.views import SPLITS, View, Views
from engines.core.engine import Stop
from engines.core.errors import Cancelled, UserError
from engines.core.formats import find_format, open_dataset
from engines.core.reading import counted, naming
from engines.core.upright import upper_edge
from engines.registry import all_engines

MOST_CAMERAS, MOST_LOOKED_AT = 500, 400
"""Of more, so many are read, evenly spread: cameras in a second or so, photographs in seconds to half a minute."""
DATA_SUFFIXES = (".json", ".npy", ".npz")
"""Of files in data folders, by which people name these."""
VIDEO_FRAMES = 24
"""That are looked at of a video."""
TELL_S = 0.25
"""Between two reports."""

OnProgress = Callable[[DataReport, Sequence[Thumbnail]], None]


def inspect_data(source: Path, on_progress: OnProgress, stop: Stop, up: Array | None = None) -> DataReport:
    """What a data folder, a folder of photographs or a video is, and what in it is doubtful.

    Args:
        on_progress: called with a first report before any photograph is read, then several times a second with what
            is known so far and the thumbnails that are new since the last call; the last call has the whole.
        stop: asked before each photograph.
        up: [3] unit vector, world, as somebody chose it; None: as the photographs say.

    Raises:
        UserError: there is no such folder or file.
        Cancelled: `stop` said so.
    """
    source = Path(source)
    if not source.exists():
        raise UserError(f"{source}: no such folder or file")
    try:
        inspection = _begin(source, up)
    except OSError as error:
        raise UserError(f"{error.filename or source}: can't be read ({error.strerror or error})") from error
    on_progress(inspection.report, ())
    if inspection.report.to_look_at == 0:
        return inspection.report
    return _look(inspection, on_progress, stop)


@dataclass(frozen=True, eq=False)
class _Inspection:
    """The first report, and what is still to be read: views by the place of their camera in it, if they have one."""

    report: DataReport
    views: Iterable[tuple[int | None, View | None, str]]
    dataset: Dataset | None = None


def _begin(source: Path, up: Array | None) -> _Inspection:
    if source.is_file():
        if source.suffix.lower() in VIDEO_SUFFIXES:
            return _video(source)
        if source.suffix.lower() in DATA_SUFFIXES:
            return _unknown(source, "is a file; name the folder that it lies in")
        return _unknown(source, "neither a folder nor a video")
    try:
        if find_format(source) is not None:
            dataset = open_dataset(source)
            return _data(dataset if up is None else dataset.with_up(up))
    except UserError as error:
        return _unknown(source, str(error))
    images = source / "images" if (source / "images").is_dir() else source
    paths = list_images(images)
    if len(paths) >= FEWEST:
        return _photographs(source, paths)
    if paths:
        what = counted(len(paths), "photograph")
        return _unknown(source, f"{what} without cameras, which can be found of {FEWEST} or more")
    if not any(source.iterdir()):
        return _unknown(source, "the folder is empty")
    if unreadable := unreadable_pictures(images):
        return _unknown(source, unreadable)
    return _unknown(source, "no data in a layout that is known, no images, and no video")


def _unknown(source: Path, reason: str) -> _Inspection:
    return _Inspection(DataReport(source, "unknown", reason.removeprefix(f"{source}: ")), ())


def _video(source: Path) -> _Inspection:
    try:
        frames, width, height = video_shape(source)
    except UserError as error:
        return _unknown(source, str(error))
    camera = _nobodys_camera((width, height))
    places = np.unique(np.linspace(0, frames - 1, min(VIDEO_FRAMES, frames)).round().astype(int)).tolist()
    # Each a time step of its own: a video may stand still.
    views = [View(camera, f"frame {at}", image_path=source, image_at=(at,), time=at) for at in places]
    report = DataReport(
        source,
        "video",
        "no camera poses",
        photographs=frames,
        sizes=(f"{width}x{height}",),
        to_look_at=len(views),
    )
    return _Inspection(report, [(None, view, view.name) for view in views])


def _photographs(source: Path, paths: Sequence[Path]) -> _Inspection:
    chosen = [paths[at] for at in _spread(len(paths), MOST_LOOKED_AT).tolist()]
    views, broken, sizes = list[tuple[int | None, View | None, str]](), 0, Counter[str]()
    for path in chosen:
        try:
            size_px = image_size(path)
        except UserError:
            views.append((None, None, path.name))
            broken += 1
            continue
        sizes[f"{size_px[0]}x{size_px[1]}"] += 1
        views.append((None, View(_nobodys_camera(size_px), path.stem, image_path=path), path.stem))
    report = DataReport(
        source,
        "photographs",
        "no camera poses",
        photographs=len(paths),
        sizes=_by_frequency(sizes),
        findings=(*_sizes_differ(sizes), *_sampled(len(chosen), len(paths))),
        to_look_at=len(views),
    )
    return _Inspection(report, views)


def _nobodys_camera(size_px: tuple[int, int]) -> Camera:
    return Camera(np.eye(4), (1.0, 1.0), (0.0, 0.0), size_px)


def _data(dataset: Dataset) -> _Inspection:
    views = dataset.views
    drawn = _first_scene(views)
    drawn = drawn[_spread(len(drawn), MOST_CAMERAS)]
    read = _Read(views)
    cameras = [(index, view) for index in drawn.tolist() if (view := read[index]) is not None]
    seen = tuple(InspectedCamera(view.name, view.camera, upper_edge(view)) for _, view in cameras)
    some = [view for index in _spread(len(views), MOST_CAMERAS).tolist() if (view := read[index]) is not None]
    photographed = [view for view in some if view.image_path is not None]
    sizes = Counter("{}x{}".format(*view.camera.size_px) for view in photographed)
    looked_at = _to_look_at(views, drawn)
    place = {index: at for at, (index, _) in enumerate(cameras)}
    unmasked = [view for view in photographed if view.mask_path is None and view.valid_mask_path is None]
    without_depth = [view for view in photographed if view.depth_path is None]
    masks, depths = ((len(photographed) - len(lack), len(photographed)) for lack in (unmasked, without_depth))
    findings = [
        *read.findings(),
        *_without_photograph(views),
        *camera_findings(dataset, seen),
        *lens_findings(some),
        *_some_lack("masks", unmasked, masks),
        *_some_lack("depths", without_depth, depths),
        *_sizes_differ(sizes),
        *_sampled(len(looked_at), len(views.photographed)),
    ]
    boxes, box_findings = boxes_of_methods(dataset)
    findings += box_findings
    near, far = dataset.hints.get("near"), dataset.hints.get("far")
    report = DataReport(
        dataset.source,
        "data",
        format=dataset.format,
        splits={name: len(views.split(name)) for name in SPLITS},
        photographs=int(views.facts.has_image.sum()),
        sizes=_by_frequency(sizes),
        objects=dataset.instances,
        time_steps=dataset.time_steps,
        rig=int(views.camera_indices.max(initial=-1)) + 1,
        masks=masks,
        depths=depths,
        backgrounds=len(dataset.backgrounds),
        bounds=dataset.bounds,
        up=dataset.up,
        up_found=dataset.up_found,
        origin=dataset.origin if dataset.origin.any() else None,
        depths_seen=(float(near), float(far)) if near is not None and far is not None else None,
        cameras=seen,
        notes=(*dataset.notes, *unused(dataset, "auto")),
        findings=_sorted(findings),
        boxes=boxes,
        engines=tuple(_suitability(name, dataset) for name in all_engines()),
        to_look_at=len(looked_at),
    )
    return _Inspection(report, ((place.get(index), read[index], f"view {index}") for index in looked_at), dataset)


class _Read:
    """Views by number; a view whose files can't be read is None."""

    def __init__(self, views: Views) -> None:
        self._views, self._kept, self._errors = views, dict[int, View | None](), list[str]()

    def __getitem__(self, index: int) -> View | None:
        if index not in self._kept:
            try:
                self._kept[index] = self._views[index]
            except UserError as error:
                self._kept[index] = None
                self._errors.append(str(error))
        return self._kept[index]

    def findings(self) -> list[Finding]:
        """About those that can't be read."""
        if not self._errors:
            return []
        more = f" (and {len(self._errors) - 1} more like it)" if len(self._errors) > 1 else ""
        return [Finding("warning", f"{self._errors[0]}{more}")]


def _first_scene(views: Views) -> Array:
    """[V] numbers of the views of the first object, at its first time step."""
    of_first = views.instances == views.instances[0]
    return np.flatnonzero(of_first & (views.times == views.times[of_first].min()))


def _spread(count: int, most: int) -> Array:
    """Numbers below `count`: all, or `most` that are evenly spread."""
    return np.arange(count) if count <= most else np.arange(most) * count // most


def _to_look_at(views: Views, drawn: Array) -> list[int]:
    """Numbers of the photographs to read: first those whose cameras are drawn, a few from everywhere to begin with."""
    has_image = views.facts.has_image
    first = [index for index in drawn.tolist() if has_image[index]]
    others = np.setdiff1d(np.flatnonzero(has_image), first)
    if views.times.max(initial=0) > 0:
        # Whole time steps, so that the cameras of each can be compared.
        time_steps = np.unique(views.times)
        kept = time_steps[_spread(len(time_steps), max(1, MOST_LOOKED_AT * len(time_steps) // max(len(views), 1)))]
        others = others[np.isin(views.times[others], kept)]
    others = others[_spread(len(others), max(MOST_LOOKED_AT - len(first), 0))]
    first = [first[at] for at in _spread(len(first), MOST_LOOKED_AT).tolist()]
    return [*(first[at] for at in _coarse_to_fine(len(first))), *others.tolist()]


def _coarse_to_fine(count: int) -> list[int]:
    """All numbers below `count`, every 16th, then those between, and so on."""
    order = (index for step in (16, 8, 4, 2, 1) for index in range(0, count, step))
    return list(dict.fromkeys(order))


def _suitability(name: str, dataset: Dataset) -> Suitability:
    engine = all_engines()[name]
    try:
        reason = reason_against(engine, dataset)
    except UserError as error:
        reason = str(error)
    except Exception as error:  # a plug-in may fail in any way; the others must still be listed
        reason = f"it can't tell ({type(error).__name__}: {error})"
    return Suitability(name, engine.title, reason)


def _without_photograph(views: Views) -> list[Finding]:
    """Of those to train on; a path to test with needs none."""
    lacking = np.flatnonzero((views.splits == 0) & ~views.facts.has_image)
    if not len(lacking) or not views.facts.has_image.any():
        text = "no photographs, only cameras"
        return [Finding("warning", text)] if len(lacking) else []
    names = tuple(views[index].name for index in lacking[:MOST_CAMERAS].tolist())
    return [Finding("warning", f"{counted(len(lacking), 'camera')} without a photograph: {naming(names)}", names)]


def _some_lack(what: str, lacking: Sequence[View], have: tuple[int, int]) -> list[Finding]:
    if not 0 < have[0] < have[1]:
        return []
    names = tuple(view.name for view in lacking)
    return [Finding("warning", f"{what} are missing of {len(names)} of {have[1]} photographs: {naming(names)}", names)]


def _by_frequency(sizes: Counter[str]) -> tuple[str, ...]:
    return tuple(size for size, _ in sizes.most_common())


def _sizes_differ(sizes: Counter[str]) -> list[Finding]:
    if len(sizes) < 2:
        return []
    listed = naming([f"{size} ({count})" for size, count in sizes.most_common()])
    return [Finding("note", f"photographs of {len(sizes)} sizes: {listed}")]


def _sampled(count: int, total: int) -> list[Finding]:
    if count >= total:
        return []
    return [Finding("note", f"{count} of {total} photographs are looked at, evenly spread")]


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.severity != "warning"))


def _look(inspection: _Inspection, on_progress: OnProgress, stop: Stop) -> DataReport:
    """Reads the photographs, one after the other."""
    report, pictures = inspection.report, InspectedImages()
    fresh, told_s = list[Thumbnail](), time.monotonic()
    for done, (place, view, name) in enumerate(inspection.views, start=1):
        if stop():
            raise Cancelled
        try:
            if view is None:
                raise ValueError(name)
            look = look_at_photograph(view, of_object=report.time_steps == 1)
        except Exception:  # image files can be broken in any way, and that is what is to be told
            pictures.add_unreadable(view.name if view is not None else name, view.image_path if view else Path(name))
        else:
            pictures.add(look)
            fresh.append(Thumbnail(look.view.name, place, look.thumbnail))
        if time.monotonic() - told_s >= TELL_S or done == report.to_look_at:
            findings = _sorted((*inspection.report.findings, *pictures.findings()))
            notes = report.notes
            if done == report.to_look_at and inspection.dataset is not None:
                notes += left_to_learn(inspection.dataset)
            report = replace(report, looked_at=done, findings=findings, notes=notes)
            on_progress(report, tuple(fresh))
            fresh, told_s = [], time.monotonic()
    return report
