"""A scene's Gaussians as textures: packed piece by piece, each of which takes some hundredths of a second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.gui.viewport.gaussian_shaders import GEOMETRY_TEXELS
from engines.core.camera import Array
from engines.core.scene_abilities import GaussianValues, MadeOfGaussians, Splatting

TERMS = 4
"""Of the harmonics after the constant, that go into a texel of each colour."""
MOST_HALF = 65504.0
"""The largest number of half a float; no colour is of such."""
PIECE = 2**15
"""Splats that are packed at once."""


@dataclass(frozen=True)
class TextureLayout:
    """The places of Gaussians in textures, row by row.

    Attributes:
        in_row: Gaussians in a row.
        rows: of both textures.
        groups: of `TERMS` terms of the harmonics, each of three texels.
    """

    in_row: int
    rows: int
    groups: int


@dataclass(frozen=True, eq=False)
class PackedRows:
    """Whole rows of both textures, from `first` on.

    Attributes:
        geometry: [R, in_row * 4, 4] float32: centre from an origin, opacity; own axes, each with a colour's constant.
        harmonics: [R, in_row * groups * 3, 4] float16: of each group red, green, blue of its terms.
    """

    first: int
    geometry: Array
    harmonics: Array


def layout_of(splatting: Splatting, most_px: int) -> TextureLayout:
    """The places of the Gaussians in textures whose sides are no longer than `most_px`.

    Raises:
        ValueError: there is no room for so many.
    """
    groups = -(-((splatting.degree + 1) ** 2 - 1) // TERMS)
    in_row = 1 << (most_px // max(GEOMETRY_TEXELS, 3 * groups)).bit_length() - 1
    rows = max(1, -(-splatting.count // in_row))
    if rows > most_px:
        raise ValueError(f"{splatting.count} Gaussians are more than textures of {most_px} pixels have room for")
    return TextureLayout(in_row, rows, groups)


def packed(scene: MadeOfGaussians, layout: TextureLayout, origin: Array) -> Iterator[PackedRows]:
    """All rows, some at a time; centres are from `origin` [3]."""
    count, at_once = scene.splatting.count, max(1, PIECE // layout.in_row)
    for first in range(0, layout.rows, at_once):
        rows = min(at_once, layout.rows - first)
        begin, end = first * layout.in_row, min((first + rows) * layout.in_row, count)
        yield _rows(scene.gaussians(begin, end), layout, origin, first, rows)


def _rows(values: GaussianValues, layout: TextureLayout, origin: Array, first: int, rows: int) -> PackedRows:
    count, room = len(values.positions), rows * layout.in_row
    geometry = np.zeros((room, GEOMETRY_TEXELS, 4), dtype=np.float32)
    geometry[:count, 0, :3] = values.positions - origin
    geometry[:count, 0, 3] = values.opacities
    geometry[:count, 1:, :3] = values.axes
    geometry[:count, 1:, 3] = values.harmonics[:, 0]
    harmonics = np.zeros((room, layout.groups * TERMS, 3), dtype=np.float16)
    harmonics[:count, : values.harmonics.shape[1] - 1] = np.clip(values.harmonics[:, 1:], -MOST_HALF, MOST_HALF)
    grouped = harmonics.reshape(room, layout.groups, TERMS, 3).transpose(0, 1, 3, 2)
    return PackedRows(
        first,
        geometry.reshape(rows, layout.in_row * GEOMETRY_TEXELS, 4),
        np.ascontiguousarray(grouped).reshape(rows, layout.in_row * layout.groups * 3, TERMS),
    )
