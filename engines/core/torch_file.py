"""Torch files of unknown origin, read without running anything in them."""

from __future__ import annotations

import errno
import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from engines.core.errors import UserError
from engines.core.files import replacing

# How torch names a type or function that is not on its list of safe ones.
FORBIDDEN = re.compile(r"Unsupported (?:global|class|function)\w*:? (?:GLOBAL )?([\w.]+)")


def read_torch_file(path: Path) -> Mapping[str, Any]:
    """The mapping that a `torch.save`d file holds, memory-mapped where the file's form allows; tensors on the CPU.

    Raises:
        UserError: missing, truncated, not a torch file, holds code or no mapping.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch thinks aloud about old files; what matters is raised below
            # Files from before torch 1.6 are plain pickles, which can't be mapped.
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        forbidden = FORBIDDEN.search(str(error))
        if forbidden:
            raise UserError(
                f"{path}: holds {forbidden[1]}, which could run code when loaded, so it was not loaded; "
                "save it again as a state dict of tensors"
            ) from error
        raise UserError(f"{path}: not a torch checkpoint, or damaged") from error
    except OSError as error:
        # A cut file makes torch seek before its beginning.
        if error.errno in (None, errno.EINVAL):
            raise UserError(f"{path}: not a torch checkpoint, or it is cut short") from error
        raise UserError(f"{path}: can't be read ({error.strerror})") from error
    except Exception as error:  # torch raises many kinds for bytes that are no checkpoint
        raise UserError(f"{path}: not a torch checkpoint, or it is cut short") from error
    if not isinstance(content, Mapping):
        raise UserError(f"{path}: holds a {type(content).__name__}, not a checkpoint")
    return content


def write_torch_file(path: Path, content: Mapping[str, Any]) -> None:
    """`torch.save`, whole or not at all.

    Raises:
        UserError: the place can't be written.
    """
    with replacing(path) as temporary:
        try:
            torch.save(dict(content), temporary)
        except RuntimeError as error:  # torch reports a full disk so
            raise UserError(f"{path}: can't be written ({error})") from error
