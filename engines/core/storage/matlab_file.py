"""MATLAB's files (version 5 to 7) of arrays, read by scipy, which runs nothing that is in them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from engines.core.errors import UserError
from engines.core.reading import reading, require_file

MOST_BYTES = 256 * 2**20


def read_matlab(path: Path) -> dict[str, Any]:
    """What the file holds, by name.

    Raises:
        UserError: missing, another kind of file, or damaged.
    """
    # Here, not above: scipy takes long to import.
    from scipy.io import loadmat

    require_file(path, MOST_BYTES)
    with reading(path, "can't be read as MATLAB's"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scipy thinks aloud about names that stand twice
        # Opened here: scipy leaves a file that it refuses open.
        with path.open("rb") as file:
            try:
                content: dict[str, Any] = loadmat(file, appendmat=False)
            except NotImplementedError as error:
                raise UserError(f"{path}: is of MATLAB 7.3; save it with -v7") from error
    return content
