"""OpenEXR files of frames: linear light, channels by the names that compositors look for.

R G B are linear, of BT.709's primaries, and multiplied by A where there is one, as the format has it. Z is depth,
always float: half of it would be a grain of a thousandth. A channel with a dot in its name (N.X) has a file of its own:
Blender (4.5, 5.2) reads no pixel of a file that holds such a one beside colours.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import Array
from engines.core.data.images import to_linear
from engines.core.files import unwritable

BT709_CHROMATICITIES = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)
"""(x, y) of red, green, blue and white."""
ALWAYS_FLOAT = ("Z",)


def linear_light(colour: Array) -> Array:
    """[..., 3] sRGB in [0, 1] as linear light (IEC 61966-2-1); what lies outside is clamped."""
    clamped = np.clip(np.nan_to_num(colour), 0.0, 1.0)
    return to_linear(clamped).astype(np.float32)


def write_exr(
    path: Path, pixels: Array, names: Sequence[str], attributes: Mapping[str, Any], is_half: bool = False
) -> None:
    """Writes an OpenEXR file, ZIP-compressed without loss.

    Args:
        pixels: [H, W, C] float32.
        names: C of them, of the channels.
        attributes: of the header, beside those of the format.
        is_half: 16 bit a value, but for Z.

    Raises:
        UserError: the place can't be written.
    """
    # Torch and numpy are there already; this takes a tenth of a second.
    import OpenEXR

    def plane(number: int) -> Array:
        kind = np.float16 if is_half and names[number] not in ALWAYS_FLOAT else np.float32
        return np.ascontiguousarray(pixels[..., number].astype(kind))

    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, **attributes}
    channels = {name: plane(number) for number, name in enumerate(names)}
    try:
        with OpenEXR.File(header, channels) as file:
            file.write(str(path))
    except RuntimeError as error:
        is_full = "No space left" in str(error)
        raise unwritable(path, OSError(errno.ENOSPC, "") if is_full else error) from error
