"""What is to be said about a `transforms.json`: what was assumed, what it holds that is not used, what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engines.core.camera import LARGEST
from engines.core.formats.transforms_frames import TransformsFile
from engines.core.formats.transforms_lens import LENS_FIELDS
from engines.core.formats.transforms_splits import SPLIT_LISTS
from engines.core.formats.transforms_views import Noticed
from engines.core.reading import shortened

USED = {
    *LENS_FIELDS, *SPLIT_LISTS, "frames", "test_frames", "file_path", "transform_matrix", "transform_matrix_start",
    "transform_matrix_end", "near", "far", "n_frames", "mask_path", "depth_file_path", "depth_path", "up", "aabb",
    "ply_file_path", "integer_depth_scale", "enable_depth_loading", "enable_ray_loading", "from_mitsuba",
    "normal_mts_args",
}  # fmt: skip
"""Fields that are read."""
WITHOUT_BEARING = {
    # The size and place of instant-ngp's own unit cube.
    "aabb_scale", "scale", "offset", "render_aabb", "importance_sampling", "from_na",
    # What programs note down about frames.
    "sharpness", "rotation", "colmap_im_id", "camera_id", "frame_id", "id", "image_id", "index", "name",
    "camera_label", "uid", "version", "has_mask", "orientation_override", "fisheye_crop_radius", "fps", "aabb_range",
}  # fmt: skip
"""Fields that change nothing of what is learnt here."""
TIME_STEPS = {"time": " of something that moves", "fid": " of something that moves", "time_id": "", "timestamp": ""}
"""Of a frame: when the photograph was taken (D-NeRF and after it; phones, of what stands still, too)."""
WITH_SENTENCE = {"applied_transform", "applied_scale", "rolling_shutter"}
MASK_FOLDERS = ("masks", "mask")
MOST_NAMED = 6


def notes_of(files: Sequence[TransformsFile], noticed: Noticed, total: int) -> list[str]:
    """Notes on the files of one capture, in plain words.

    Args:
        total: how many photographs they name.
    """
    return [
        *_about_photographs(noticed, total),
        *_about_poses(files),
        *_about_moments(files),
        *_about_fields(files),
    ]


def _about_photographs(noticed: Noticed, total: int) -> list[str]:
    notes = []
    if noticed.missing:
        notes.append(
            f"{len(noticed.missing)} of {total} photographs are not there and are left out, such as "
            f"{_last(noticed.missing[0])}"
        )
    if noticed.other_suffix:
        stated, here = noticed.other_suffix[0]
        notes.append(
            f"{len(noticed.other_suffix)} photographs have another suffix than the file says, such as {here} for "
            f"{_last(stated)}"
        )
    if noticed.turned:
        notes.append(
            f"{len(noticed.turned)} photographs are turned as their EXIF says, as the sizes in the file are of turned "
            "ones"
        )
    for name, lacking in noticed.lacking.items():
        notes.append(
            f"{name} of {len(lacking)} photographs names a file that is not there, such as {_last(lacking[0])}"
        )
    for what, count in noticed.unread.items():
        notes.append(f"{count} files {what} beside the photographs are not used")
    for text, count in noticed.contradictions.items():
        notes.append(f"of {count} photographs {text}")
    return notes


def _about_poses(files: Sequence[TransformsFile]) -> list[str]:
    total = sum(len(file) for file in files)
    rows, scaled = (sum(counts) for counts in zip(*(file.odd_poses() for file in files), strict=True))
    notes = []
    if rows:
        notes.append(
            f"{rows} of {total} transform_matrix have a fourth row other than 0 0 0 1; it is not looked at, as in "
            "instant-ngp and nerfstudio"
        )
    if scaled:
        notes.append(f"{scaled} of {total} transform_matrix have axes of another length than 1; they are made 1")
    cut_off = sum(file.cut_off for file in files)
    if cut_off:
        notes.append(f"n_frames leaves out the last {cut_off} frames")
    return notes


def _about_moments(files: Sequence[TransformsFile]) -> list[str]:
    frames = [frame for file in files for frame in file.frames]
    for name, what in TIME_STEPS.items():
        stated = [frame[name] for frame in frames if isinstance(frame.get(name), int | float)]
        times = {time for time in stated if abs(time) < LARGEST}
        if len(times) > 1:
            return [
                f"the frames are of {len(times)} time steps ({name} {min(times):g} to {max(times):g}){what}; they are "
                "read as one still scene, and methods for still scenes learn a mixture of what moves"
            ]
    return []


def _about_fields(files: Sequence[TransformsFile]) -> list[str]:
    data, notes = {name: value for file in files for name, value in file.data.items()}, []
    if data.get("applied_transform") is not None or data.get("applied_scale") is not None:
        notes.append(
            "the poses are in the world that nerfstudio made of the capture's own (applied_transform); other files of "
            "the capture, such as COLMAP's model, are not in it"
        )
    if _shutter_rolls(data.get("rolling_shutter")):
        notes.append("rolling_shutter is not used: each photograph is taken to be of one time step")
    beside = [name for name in MASK_FOLDERS if (files[0].path.parent / name).is_dir()]
    if beside and not any("mask_path" in level for file in files for level in (file.data, *file.frames)):
        notes.append(f"what is in {beside[0]}/ is not used: no mask_path in {files[0].path.name} names it")
    known = USED | WITHOUT_BEARING | WITH_SENTENCE | TIME_STEPS.keys()
    others = [name for name in data if name not in known]
    others += sorted({name for file in files for frame in file.frames for name in frame} - known - set(others))
    if others:
        shown = ", ".join(shortened(name, 30) for name in others[:MOST_NAMED])
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        notes.append(f"{files[0].path.name} also holds {shown}{more}, which nothing here uses")
    return notes


def _shutter_rolls(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(number, int | float) and number for number in value[1:])


def _last(name: str) -> str:
    """The end of a path of a file, short enough for a line."""
    return shortened(name.replace("\\", "/").rstrip("/").rpartition("/")[2])


def merged(noticed: Sequence[Noticed]) -> Noticed:
    """What was noticed of several files, together."""
    whole = Noticed()
    for one in noticed:
        whole.missing += one.missing
        whole.other_suffix += one.other_suffix
        whole.turned += one.turned
        whole.unread += one.unread
        whole.contradictions += one.contradictions
        for name, lacking in one.lacking.items():
            whole.lacking.setdefault(name, []).extend(lacking)
    return whole
