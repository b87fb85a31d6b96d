"""`.splat` of the first viewer in browsers (antimatter15): 32 bytes a splat, and nothing before them.

A place and standard deviations in float32; red, green, blue and opacity in a byte each, colours of the constant alone;
a quaternion w x y z in a byte each, (b - 128) / 128.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engines.core.errors import UserError
from engines.core.reading import read_bytes
from engines.splats.files.content import SplatContent, empty
from engines.splats.files.encodings import CONSTANT, constants_of, log_scales_of, logits_of_bytes, opacities_of

ROW = np.dtype([("place", "<f4", 3), ("scale", "<f4", 3), ("colour", "u1", 4), ("rotation", "u1", 4)])
MOST_BYTES = 32 * 2**30


def looks_like_splat(path: Path) -> bool:
    """Whether a file without any mark can be one, by its size and its first rows."""
    size = path.stat().st_size
    if size == 0 or size % ROW.itemsize:
        return False
    with path.open("rb") as file:
        rows = np.frombuffer(file.read(ROW.itemsize * 64), ROW)
    return bool(np.isfinite(rows["place"]).all() and (rows["scale"] >= 0).all())


def read_splat(path: Path) -> SplatContent:
    """Reads a file.

    Raises:
        UserError: its size is not that of whole splats.
    """
    content = read_bytes(path, MOST_BYTES)
    if len(content) % ROW.itemsize:
        raise UserError(f"{path}: has {len(content):,} bytes, not a multiple of {ROW.itemsize}; it is cut short")
    rows = np.frombuffer(content, ROW)
    splats = empty(path, len(rows), 0)
    splats.positions[:] = rows["place"]
    splats.log_scales[:] = log_scales_of(rows["scale"])
    splats.quaternions[:] = (rows["rotation"].astype(np.float32) - 128) / 128
    splats.opacity_logits[:] = logits_of_bytes(rows["colour"][:, 3])
    splats.harmonics[:, 0] = constants_of(rows["colour"][:, :3].astype(np.float32) / 255)
    return SplatContent(splats)


def write_splat(path: Path, content: SplatContent) -> list[str]:
    """Writes a file, the splats that show most first, as viewers that draw while they load expect."""
    splats = content.splats
    rows = np.zeros(len(splats), ROW)
    opacities = opacities_of(splats.opacity_logits)
    scales = np.exp(splats.log_scales)
    rows["place"], rows["scale"][:, : scales.shape[1]] = splats.positions, scales
    shades = np.concatenate(
        [splats.harmonics[:, 0] * np.float32(CONSTANT) + np.float32(0.5), opacities[:, None]], axis=1
    )
    rows["colour"] = np.rint(np.clip(shades, 0, 1) * 255)
    turned = splats.quaternions / np.linalg.norm(splats.quaternions, axis=1, keepdims=True)
    rows["rotation"] = np.clip(np.rint(turned * 128 + 128), 0, 255)
    order = np.argsort(-opacities * scales.prod(axis=1), kind="stable")
    path.write_bytes(rows[order].tobytes())
    lost = ["rotations to half a degree", "colours and opacities to 8 bits", "the order"]
    if splats.degree:
        lost.insert(0, f"harmonics of degree {splats.degree} (colours by direction)")
    outside = int(((shades[:, :3] < 0) | (shades[:, :3] > 1)).any(axis=1).sum())
    if outside:
        lost.append(f"colours beyond 0 to 1 (of {outside} splats)")
    if splats.is_flat:
        lost.append("that its splats are flat by two sizes: they get a third, 0")
    return [*lost, *(["that it is antialiased"] if splats.antialiased else [])]
