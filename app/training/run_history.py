"""A run's history as that of one that was never interrupted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from engines.core.files import replacing
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.run_folder import HISTORY_NAME, read_history

RECENT = "recent_losses"
"""Of a training's state: the losses of the steps since the last line of the history."""


def with_recent(checkpoint: Checkpoint, losses: Sequence[Mapping[str, float]]) -> Checkpoint:
    """The checkpoint with what the next line of the history is to be the mean of, as far as it is known."""
    return replace(checkpoint, training={**(checkpoint.training or {}), RECENT: [dict(step) for step in losses]})


def recent_losses(checkpoint: Checkpoint) -> list[Mapping[str, float]]:
    """What `with_recent` put in; none of a run that an older version saved."""
    found = (checkpoint.training or {}).get(RECENT)
    return [step for step in found if isinstance(step, Mapping)] if isinstance(found, list) else []


def forget_after(out: Path, step: int) -> None:
    """Drops history lines of steps that were done but not saved: they will be done again."""
    entries = read_history(out)
    steps = [entry.get("step") for entry in entries]
    kept = [entry for entry, at in zip(entries, steps, strict=True) if isinstance(at, int) and at <= step]
    if len(kept) < len(entries):
        with replacing(out / HISTORY_NAME) as temporary:
            temporary.write_text("".join(json.dumps(entry) + "\n" for entry in kept), encoding="utf-8")
