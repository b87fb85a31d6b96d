"""Torch files of unknown origin, read without running anything in them."""

from __future__ import annotations

import errno
import pickle
import re
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from engines.core.errors import UserError
from engines.core.files import replacing, unwritable
from engines.core.reading import require_file, why_not

# How torch names a type or function that is not on its list of safe ones.
FORBIDDEN = re.compile(r"Unsupported (?:global|class|function)\w*:? (?:GLOBAL )?([\w.]+)", re.IGNORECASE)
INERT = (
    "pytorch_lightning.",
    "lightning.",
    "argparse.Namespace",
    "torch_xla.",
    "numpy.",
    "pathlib.",
    "datetime.",
    "_codecs.encode",
)
"""What stands beside the weights in Lightning's checkpoints; an empty thing takes its place, and nothing of it runs."""
MOST_INERT = 64


def read_torch_file(path: Path) -> Mapping[str, Any]:
    """The mapping that a `torch.save`d file holds; tensors on the CPU, in memory.

    Not mapped: another program that cuts the file would end this one.

    Raises:
        UserError: missing, truncated, not a torch file, holds code or no mapping.
    """
    require_file(path)
    try:
        _require_unpacked(path)
        content = _load(path)
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
        raise UserError(f"{path}: can't be read ({why_not(error)})") from error
    except UserError:
        raise
    except Exception as error:  # torch raises many kinds for bytes that are no checkpoint
        if "TorchScript" in str(error):
            raise UserError(
                f"{path}: a TorchScript program, which would have to be run to be read; save the network's state dict"
            ) from error
        raise UserError(f"{path}: not a torch checkpoint, or it is cut short") from error
    if not isinstance(content, Mapping):
        raise UserError(f"{path}: holds a {type(content).__name__}, not a checkpoint")
    return content


def _require_unpacked(path: Path) -> None:
    """torch packs nothing: what is much larger than its file would fill the memory."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        claimed = sum(entry.file_size for entry in archive.infolist())
    if claimed > path.stat().st_size:
        raise UserError(f"{path}: not a torch checkpoint, or damaged (it claims to hold more than its size)")


def _load(path: Path) -> Any:
    """`torch.load` of tensors and plain values, with stand-ins for what Lightning leaves beside them."""
    stand_ins: list[Any] = []
    while True:
        try:
            with warnings.catch_warnings(), torch.serialization.safe_globals(stand_ins):
                warnings.simplefilter("ignore")  # torch thinks aloud about old files; what matters is raised
                return torch.load(path, map_location="cpu", weights_only=True, mmap=False)
        except pickle.UnpicklingError as error:
            found = FORBIDDEN.search(str(error))
            if found is None or not found[1].startswith(INERT) or len(stand_ins) == MOST_INERT:
                raise
            stand_ins.append(_stand_in(found[1]))


class _Inert:
    """Takes whatever a function would have been called with, and does nothing."""

    def __init__(self, *arguments: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


def _stand_in(name: str) -> tuple[type, str]:
    # Classes are filled like mappings (Lightning's AttributeDict is one); functions are called, and so are paths.
    is_class = name.rpartition(".")[2][0].isupper() and not name.startswith("pathlib.")
    return (OrderedDict if is_class else _Inert, name)


def write_torch_file(path: Path, content: Mapping[str, Any]) -> None:
    """`torch.save`, atomically.

    Raises:
        UserError: the place can't be written.
    """
    with replacing(path) as temporary:
        try:
            torch.save(dict(content), temporary)
        except RuntimeError as error:  # torch says nothing of a disk that is full but the place where it stopped
            raise unwritable(path, error) from error
