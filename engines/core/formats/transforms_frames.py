"""One `transforms.json`, parsed: its frames in order, and the pose and lens of each; no photograph is looked at.

Camera to world in OpenGL's axes (x right, y up, z backwards). Frames are sorted by their names as people count, as
instant-ngp and nerfstudio sort them, too: programs write them in the order in which they found the cameras.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import LARGEST, Array, Camera
from engines.core.errors import UserError
from engines.core.formats.transforms_lens import Fields, StatedLens, number, read_lens, stated_size
from engines.core.formats.transforms_names import natural_order
from engines.core.reading import read_json, shortened

OPENGL_TO_OPENCV = (1.0, -1.0, -1.0, 1.0)
"""By which the columns of camera to world are multiplied."""
MITSUBA_TO_OPENCV = (-1.0, -1.0, 1.0, 1.0)
"""The same for instant-ngp's `from_mitsuba`: x left, y up, z forwards."""
LONGEST_NAME = 4096
"""Characters; no path is longer on any machine."""
SAME_AXES = 1e-3
"""By which the axes of a pose may differ in length from 1 without a word: poses written with few digits."""
ROUNDING = 1e-6


def is_of_mitsuba(data: Mapping[str, Any]) -> bool:
    """Whether the file's cameras have Mitsuba's axes: by instant-ngp's flag, else by what Mitsuba leaves."""
    return data.get("from_mitsuba", "normal_mts_args" in data) is True


class TransformsFile:
    """One of the files.

    Attributes:
        path: where it is.
        data: all of it.
        frames: sorted by name.
        cut_off: how many frames are beyond `n_frames`, and left out.
    """

    def __init__(self, path: Path, frames: str = "frames") -> None:
        """Parses it.

        Args:
            frames: the field that holds them.

        Raises:
            UserError: no JSON, or without frames, or one without a name.
        """
        self.path, self._field = path, frames
        self.data = read_json(path)
        listed = self.data.get(frames) if isinstance(self.data, Mapping) else None
        if not isinstance(listed, list) or not listed or not all(isinstance(frame, Mapping) for frame in listed):
            raise UserError(f"{path}: has no frames; needs a list of file_path and transform_matrix")
        # By the place in the file, for messages.
        numbered = sorted(enumerate(listed), key=lambda at: (natural_order(self._checked_name(*at)), at[0]))
        most = self.data.get("n_frames")
        count = most if isinstance(most, int) and 0 < most < len(listed) and not isinstance(most, bool) else None
        self.cut_off = 0 if count is None else len(listed) - count
        self._places = [place for place, _ in numbered[:count]]
        self.frames: list[Mapping[str, Any]] = [frame for _, frame in numbered[:count]]

    def __len__(self) -> int:
        return len(self.frames)

    def _checked_name(self, place: int, frame: Mapping[str, Any]) -> str:
        name = frame.get("file_path")
        if not isinstance(name, str) or not name or "\0" in name or len(name) > LONGEST_NAME:
            raise UserError(f"{self.path}: frame {place} has no file_path")
        return name

    def name(self, index: int) -> str:
        """A frame's `file_path`, as the file has it."""
        return str(self.frames[index]["file_path"])

    def names(self) -> list[str]:
        """The `file_path` of each frame."""
        return [self.name(index) for index in range(len(self))]

    def fields(self, index: int) -> Fields:
        """What the file says of a frame."""
        where = f"{self.path}: frame {self._places[index]} ({shortened(self.name(index))})"
        return Fields(where, self.frames[index], self.data)

    def lens(self, index: int, photograph_px: tuple[int, int] | None) -> StatedLens | None:
        """A frame's lens, of the stated size, else of `photograph_px` (width, height); None where neither is known.

        Raises:
            UserError: names the field that is wrong.
        """
        fields = self.fields(index)
        size_px = stated_size(fields, photograph_px)
        return None if size_px is None else read_lens(fields, size_px)

    def camera(self, index: int, lens: StatedLens) -> Camera:
        """A frame's camera, of the size that the lens is of.

        Raises:
            UserError: names the frame and what is wrong.
        """
        fields = self.fields(index)
        try:
            return Camera(self._pose(fields), lens.focal_px, lens.centre_px, lens.size_px)
        except ValueError as error:
            raise UserError(f"{fields.where}: {error}") from error

    def depths(self) -> tuple[float, float] | None:
        """The nearest and farthest that the cameras see, where the file says so.

        Raises:
            UserError: not such numbers.
        """
        near, far = (
            None if self.data.get(name) is None else number(str(self.path), name, self.data[name])
            for name in ("near", "far")
        )
        if near is None or far is None:
            return None
        if not 1 / LARGEST < near < far:
            raise UserError(f"{self.path}: has depths from {near:g} to {far:g}; must be 0 < near < far")
        return near, far

    def vectors(self, name: str, count: int) -> Array | None:
        """[count, 3] of a field that holds points or a direction; None where it doesn't hold such."""
        try:
            values = np.array(self.data.get(name), dtype=np.float64).reshape(count, 3)
        except (TypeError, ValueError, OverflowError):
            return None
        return values if (np.abs(values) < LARGEST).all() else None

    def odd_poses(self) -> tuple[int, int]:
        """How many matrices have a fourth row other than 0 0 0 1, and axes that are not of length 1."""
        rows = scaled = 0
        for index in range(len(self)):
            try:
                matrix = _matrix(self._stated_pose(self.fields(index)))
            except (ValueError, UserError):
                continue
            rows += not np.allclose(matrix[3], (0, 0, 0, 1), atol=ROUNDING)
            scaled += abs(float(np.linalg.norm(matrix[:3, 0])) - 1) > SAME_AXES
        return rows, scaled

    def _stated_pose(self, fields: Fields) -> Any:
        """The matrix of a frame as JSON has it.

        Raises:
            UserError: the camera moved while the photograph was taken.
        """
        start, end = fields["transform_matrix_start"], fields["transform_matrix_end"]
        if start is not None and end is not None and start != end:
            raise UserError(
                f"{fields.where}: has a transform_matrix_start and another transform_matrix_end: the camera moved "
                "while the picture was taken, which can't be drawn; leave one transform_matrix"
            )
        return fields["transform_matrix"] if start is None else start

    def _pose(self, fields: Fields) -> Array:
        """[4, 4] OpenCV's axes.

        Raises:
            ValueError: not a rotation and a translation.
        """
        matrix = _matrix(self._stated_pose(fields))
        last = matrix[3, 3]
        scale = float(np.linalg.norm(matrix[:3, 0]))
        if abs(last - 1) > SAME_AXES and abs(scale - last) < SAME_AXES * last and not matrix[3, :3].any():
            # Programs that use three rows only see the camera `last` times as far away as those that use all four.
            raise ValueError(f"its transform_matrix is {last:g} times a pose throughout; divide it by its last number")
        # As instant-ngp and nerfstudio: the fourth row is not looked at.
        pose = np.eye(4)
        pose[:3] = matrix[:3]
        if scale > 0:
            pose[:3, :3] /= scale
        return np.asarray(pose * (MITSUBA_TO_OPENCV if is_of_mitsuba(self.data) else OPENGL_TO_OPENCV))


def _matrix(stated: Any) -> Array:
    """[4, 4] of 3 or 4 rows, or of their numbers one after the other.

    Raises:
        ValueError: no such matrix.
    """
    try:
        matrix = np.array(stated, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError("its transform_matrix is no matrix of numbers") from error
    if matrix.shape in ((12,), (16,)):
        matrix = matrix.reshape(-1, 4)
    if matrix.shape == (3, 4):
        matrix = np.concatenate([matrix, [[0.0, 0, 0, 1]]])
    if matrix.shape != (4, 4):
        raise ValueError(f"its transform_matrix is {matrix.shape}; needs 4 rows of 4 numbers")
    if not (np.abs(matrix) < LARGEST).all():
        raise ValueError("its transform_matrix has a number that is no measurement")
    return matrix
