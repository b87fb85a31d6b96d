"""Seeding: where training's chance comes from, never what the rest of the program has drawn before."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor


def seeded(seed: int, *purpose: int) -> torch.Generator:
    """A generator for one purpose, told by numbers (which kind of choice, at which step)."""
    state = np.random.SeedSequence((seed, *purpose)).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state))


def generator_states(device: torch.device) -> dict[str, Tensor]:
    """The states, [N] bytes each, of torch's global generators that networks on `device` use, as dropout does."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def state_names(device: torch.device) -> tuple[str, ...]:
    """What `generator_states` gives the states of."""
    return ("cpu", device.type) if device.type in ("cuda", "mps") else ("cpu",)


def set_generator_states(states: Mapping[str, Tensor], device: torch.device) -> None:
    """Puts back the states, [N] bytes each, that `generator_states` gave."""
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states["cuda"], device)
    elif device.type == "mps":
        torch.mps.set_rng_state(states["mps"])


def seed_generators(seed: int, device: torch.device) -> None:
    """Has torch's global generators that networks on `device` use begin at a seed.

    `torch.manual_seed` seeds those of all devices, and notes for each that isn't used yet where it was called from: a
    third of a millisecond each time.
    """
    if device.type == "cpu":
        torch.default_generator.manual_seed(seed)
    else:
        torch.manual_seed(seed)


@contextlib.contextmanager
def global_generators_kept(device: torch.device) -> Iterator[None]:
    """Puts torch's global generators back afterwards."""
    before = generator_states(device)
    try:
        yield
    finally:
        set_generator_states(before, device)


@contextlib.contextmanager
def all_generators_kept() -> Iterator[None]:
    """Puts the global generators of torch, on every device, of numpy and of Python back afterwards.

    Networks that are built to be filled with learnt weights draw from them, to no purpose: what a method builds so
    moves nobody else's chance.
    """
    numpys, pythons, torchs = np.random.get_state(legacy=False), random.getstate(), torch.get_rng_state()
    # On a device that nothing was put on yet there is no state, and asking for it would begin to use the device.
    cudas = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    mps = torch.mps.get_rng_state() if torch.backends.mps.is_available() else None
    try:
        yield
    finally:
        np.random.set_state(numpys)
        random.setstate(pythons)
        torch.set_rng_state(torchs)
        if cudas is not None:
            torch.cuda.set_rng_state_all(cudas)
        if mps is not None:
            torch.mps.set_rng_state(mps)
