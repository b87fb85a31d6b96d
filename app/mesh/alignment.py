"""What brings a mesh from a scene's world into its reference's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import LARGEST, Array
from engines.core.data.dataset import Dataset
from engines.core.errors import UserError
from engines.core.reading import read_text, shortened
from engines.core.storage.checkpoint import Checkpoint

SCALE_MAT = "scale_mat"
"""The hint of data folders whose object was measured in another world than its cameras are given in."""


def alignment(wanted: str | None, dataset: Dataset | None, checkpoint: Checkpoint | None) -> Array:
    """[4, 4] that brings points of the data folder's world into the reference's.

    Args:
        wanted: None: they are the same; `scale_mat`: as the data folder, else the scene, says; else a file of 4x4
            numbers.

    Raises:
        UserError: neither says, or the file holds no such matrix.
    """
    if wanted is None:
        return np.eye(4)
    if wanted != SCALE_MAT:
        return _read_matrix(Path(wanted))
    scene = checkpoint.scene if checkpoint is not None else None
    for known in (dataset, scene):
        if known is None or SCALE_MAT not in known.hints:
            continue
        if len(known.hints.get("instances", ())) > 1 or (isinstance(known, Dataset) and len(known.instances) > 1):
            raise UserError("--align scale_mat: each object of a class has its own; name the folder of one (--data)")
        return _checked("the data's scale_mat", known.hints[SCALE_MAT]) @ _moved(-known.origin)
    raise UserError(
        "--align scale_mat: neither the data folder nor the scene has one; name its folder (--data), or a file with "
        "the matrix"
    )


def _moved(by: Array) -> Array:
    matrix = np.eye(4)
    matrix[:3, 3] = by
    return matrix


def _read_matrix(path: Path) -> Array:
    if not path.is_file():
        raise UserError(f"--align {path}: no such file; write scale_mat, or name a text file of a 4x4 matrix")
    words = read_text(path).replace(",", " ").split()
    try:
        values = [float(word) for word in words[:17]]
    except ValueError as error:
        raise UserError(f"{path}: {shortened(error)}; a 4x4 matrix is needed, row by row") from error
    if len(values) != 16:
        raise UserError(f"{path}: has {len(words)} numbers; a 4x4 matrix needs 16, row by row")
    return _checked(str(path), np.array(values).reshape(4, 4))


def _checked(where: str, values: Any) -> Array:
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.shape != (4, 4) or not (np.abs(matrix) < LARGEST).all():
        raise UserError(f"{where} is no matrix of 4x4 finite numbers")
    if not np.array_equal(matrix[3], (0, 0, 0, 1)):
        raise UserError(f"{where}: its last row must be 0 0 0 1")
    if np.linalg.det(matrix[:3, :3]) == 0:
        raise UserError(f"{where} is singular: it would flatten the mesh")
    return matrix
