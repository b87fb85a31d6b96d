"""What two ranks learn of a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engines.core import distributed
from tests.engines import dividing
from tests.engines.mask_volume.captured import begun, recording


def learn(folder: str, settings: dict[str, Any], steps: int, out: str) -> list[dict[str, float]]:
    """Each step's losses; the checkpoint goes to `out`, with the rank's number after it."""
    own = Path(folder) / str(distributed.here().number)
    own.mkdir(parents=True, exist_ok=True)
    training = begun(recording(own), **settings)
    losses = [training.step() for _ in range(steps)]
    dividing.save(training.checkpoint(), f"{out}.{distributed.here().number}")
    training.close()
    return losses
