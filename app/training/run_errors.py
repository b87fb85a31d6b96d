"""What is left of a run that an error ends."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from engines.core.config import make_options
from engines.core.device import describe_device
from engines.core.engine import AnyEngine
from engines.core.errors import Cancelled, OutOfMemory, Unwritable, UserError
from engines.core.storage.run_folder import is_run_folder, read_run_config


@contextlib.contextmanager
def saved_first(step: int, save: Callable[[], None]) -> Iterator[None]:
    """Around pictures and the like, which go wrong beside what is learnt: that is saved before the error goes on.

    Args:
        step: that is saved.

    Raises:
        UserError: as raised within; says what is saved.
    """
    try:
        yield
    except (Cancelled, Unwritable):
        # Where the folder can't be written, its last checkpoint is whole.
        raise
    except Exception as error:
        try:
            save()
        except Exception:
            # What went wrong first says more.
            raise error from None
        if isinstance(error, UserError):
            raise UserError(f"{error}; saved at step {step}, go on with --resume") from error
        raise


def out_of_memory(engine: AnyEngine, out: Path, settings: Mapping[str, Any], device: torch.device) -> OutOfMemory:
    """The error for a training that memory does not suffice for: names what to lower."""
    config = make_options(engine.Config, settings if not is_run_folder(out) else read_run_config(out)["config"])
    lower = ", ".join(f"{name} (now {getattr(config, name)})" for name in config.MEMORY)
    saved = ", or go on elsewhere with --resume: the last checkpoint is whole" if is_run_folder(out) else ""
    return OutOfMemory(
        f"{out}: out of memory on {describe_device(device)}; "
        + (f"begin a run with a smaller {lower}, or " if lower else "")
        + f"use another device{saved}"
    )
