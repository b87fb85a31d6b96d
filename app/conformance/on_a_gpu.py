"""The checks on a GPU, which is pretended: nothing of the CPU's is mixed with what is on it, and it draws the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor

from app.conformance.drawing import open_checkpoint, whole_picture
from app.conformance.pretended_gpu import DEVICE, MixedDevices, Waits, pretended_gpu
from app.conformance.trial import Check, Failure, Trial, channels, difference, draw
from engines.core.contract import checkpoint_of, resumed
from engines.core.reading import counted

NEAR = 1 / 255
"""How far a number may be from the CPU's, of its channel's mean where that is above 1: sums are added up in another
order."""
ELSEWHERE = 0.02
"""The share of numbers that may be farther from it: points that are rounded into another pixel."""


@contextmanager
def _on_gpu(trial: Trial) -> Iterator[tuple[Trial, Waits]]:
    """The same trial on the device."""
    with pretended_gpu() as waits:
        try:
            yield replace(trial, device=torch.device(DEVICE)), waits
        except MixedDevices as error:
            raise Failure(str(error)) from error


def learns_on_gpu(trial: Trial) -> str:
    """Begins there, steps, and goes on from its checkpoint as if it had not ended."""
    with _on_gpu(trial) as (there, waits):
        with there.training() as training:
            training.step()
            kept, before = checkpoint_of(training), waits.count
            training.step()
            waited, whole = waits.count - before, checkpoint_of(training)
        training = resumed(there.engine, there.data, kept, there.device)
        try:
            training.step()
            again = checkpoint_of(training)
        finally:
            training.close()
    if found := difference(dict(whole.weights), dict(again.weights)):
        raise Failure(f"a training that goes on there is another one: {found}")
    return f"the host waits {counted(waited, 'time')} in a step"


def draws_on_gpu(trial: Trial) -> str:
    """Draws the last checkpoint there: all channels, as on the CPU."""
    expected = whole_picture(trial)
    with _on_gpu(trial) as (there, waits):
        scene = open_checkpoint(there, replace(trial.checkpoints[-1], training=None))
        draw(scene)
        before = waits.count
        frame = draw(scene)
        waited = waits.count - before
        found = {name: tensor.cpu() for name, tensor in channels(scene, frame).items()}
    for name, tensor in expected.items():
        require_alike(name, tensor, found[name])
    return f"the host waits {counted(waited, 'time')} in a frame"


def require_alike(name: str, expected: Tensor, found: Tensor) -> None:
    """Requires that a channel of any shape is, as `found` on the device, like the CPU's `expected` of the same shape.

    Raises:
        Failure: says by how much it is not.
    """
    finite = expected.isfinite() & found.isfinite()
    scale = max(1.0, float(expected[finite].abs().mean())) if finite.any() else 1.0
    apart = (expected.double() - found.double()).abs()
    # Where both are infinite there is no difference.
    far = ((apart > NEAR * scale) | apart.isnan()) & (expected != found)
    if (share := float(far.double().mean())) > ELSEWHERE:
        by = float(apart[far].mean())
        raise Failure(f"{name} is another than on the CPU: {share:.0%} of its numbers, by {by:.3g} in the mean")


DRAWN_ON_A_GPU = (Check("device", "draws on a GPU what it draws on the CPU", draws_on_gpu, "training"),)
ON_A_GPU = (Check("device", "learns on a GPU, and goes on there", learns_on_gpu, "training"), *DRAWN_ON_A_GPU)
