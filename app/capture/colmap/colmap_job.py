"""What COLMAP's process is asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Pairing = Literal["exhaustive", "sequential", "similar"]
"""Which image pairs are matched: all; neighbours in a sequence, and those that look alike; those that look alike."""


@dataclass(frozen=True)
class ColmapJob:
    """What is to be done.

    Attributes:
        images: the folder that COLMAP reads.
        names: of the files in it -> those of the photographs.
        masks: a folder with `<name>.png` for each, black where nothing is to be looked for; None: no masks.
        database: kept from one attempt to the next.
        models: an empty folder, for what is found.
        in_background: whether other processes come first.
        lenses: the names, by the lens that they were taken with.
    """

    images: Path
    names: Mapping[str, str]
    masks: Path | None
    database: Path
    models: Path
    lenses: tuple[tuple[str, ...], ...]
    pairing: Pairing
    threads: int
    in_background: bool = True


@dataclass(frozen=True)
class ColmapOutcome:
    """What was found; names are the photographs' own.

    Attributes:
        number: of the best model; -1: none.
        placed: photographs that have a camera in it.
        others: how many photographs other models hold, that share nothing with it.
        attempts: what was tried, in words.
        unread: photographs that COLMAP could not read.
        plain: those with too few features: blurred, dark, or without texture.
        alone: those that were matched with no other.
        islands: sizes of the groups that were matched with each other, largest first.
        warnings: what speaks against the model, one sentence each.
        error_px: mean reprojection error, of the photographs' pixels.
    """

    number: int
    placed: int
    others: tuple[int, ...] = ()
    attempts: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    islands: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
    error_px: float = 0.0
