"""One pixel in numbers: of the picture, of the photograph beside it, of the scene that it is compared with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.camera.fitting import same_pose
from app.rendering import display
from app.rendering.render_requests import RenderedImage, cell_at, depth_at, point_at
from app.viewing.lengths import LengthScale, length_text
from app.viewing.opening import Opened
from app.viewing.second_camera import in_first
from engines.core.camera import Array, Camera
from engines.core.data.images import to_linear, to_uint8

NOTHING = "–"
FINE_DIGITS = 4
"""Of a point, in comparison with its distance."""
OWN_ROWS = ("rgb", "depth")


@dataclass(frozen=True, eq=False)
class PixelReading:
    """What is known of one pixel of one picture.

    Attributes:
        title: whose picture it is.
        colour: [3] sRGB, 1 is white, before it was rounded to bytes; None where it is not known.
        depth: along the view, world units; None where nothing is hit.
        distance: from the eye to the point, world units.
        point: [3] in the world of the data.
        values: of the channel that is shown, where that is neither the image nor the depth: its name, and 1 or 3.
        final: whether the picture is the exact one.
    """

    title: str
    colour: Array | None
    depth: float | None = None
    distance: float | None = None
    point: Array | None = None
    values: tuple[str, Array] | None = None
    final: bool = True


def read_pixel(picture: RenderedImage, u: float, v: float, origin: Array, title: str) -> PixelReading | None:
    """The pixel in which (u, v) is, read in its middle; None outside the picture.

    Args:
        origin: [3] where the scene's coordinates begin in the world.
    """
    camera = picture.camera
    if (cell := cell_at(picture.pixels.shape, camera, u, v)) is None:
        return None
    height, width = picture.pixels.shape[:2]
    middle = ((cell[1] + 0.5) * camera.size_px[0] / width, (cell[0] + 0.5) * camera.size_px[1] / height)
    point = point_at(picture, *middle)
    return PixelReading(
        title,
        _colour(picture, *middle),
        depth_at(picture, *middle),
        None if point is None else float(np.linalg.norm(point - camera.position)),
        None if point is None else point + origin,
        _values(picture, *middle),
        picture.kind == "exact",
    )


def _colour(picture: RenderedImage, u: float, v: float) -> Array | None:
    channel = "rgb" if picture.frame is not None else picture.request.channel
    return _channel(picture, channel, u, v) if channel == "rgb" else None


def _values(picture: RenderedImage, u: float, v: float) -> tuple[str, Array] | None:
    channel = picture.request.channel
    if picture.frame is None or channel in OWN_ROWS:
        return None
    values = _channel(picture, channel, u, v)
    return None if values is None else (channel, values)


def _channel(picture: RenderedImage, channel: str, u: float, v: float) -> Array | None:
    """[1 or 3] of a channel; of a preview that has its bytes only, of these."""
    values = picture.pixels if picture.frame is None else display.channel_values(picture.frame, channel)
    if (cell := cell_at(values.shape, picture.camera, u, v)) is None:
        return None
    read = np.atleast_1d(np.asarray(values[cell].tolist(), dtype=np.float64))
    return read / 255 if picture.frame is None else read


def read_photograph(photograph: Array, camera: Camera, u: float, v: float) -> PixelReading | None:
    """The pixel of a photograph [H, W, 3] uint8 at (u, v) of the picture that `camera` took; None outside."""
    cell = cell_at(photograph.shape, camera, u, v)
    return None if cell is None else PixelReading("Photograph", photograph[cell] / 255.0)


def pixel_of_second(
    second: RenderedImage, opened: Opened, first: RenderedImage, first_opened: Opened, u: float, v: float
) -> tuple[float, float] | None:
    """The pixel of the second scene's picture that looks where (u, v) of the first's does.

    None while the second one is still of another place.
    """
    camera = in_first(second.camera, first_opened, opened)
    if not same_pose(camera, first.camera):
        return None
    across, down = (
        (at - own) / focal * other_focal + other
        for at, own, focal, other_focal, other in zip(
            (u, v), first.camera.centre_px, first.camera.focal_px, camera.focal_px, camera.centre_px, strict=True
        )
    )
    return across, down


def reading_rows(readings: Sequence[PixelReading | None], scale: LengthScale | None) -> list[tuple[str, list[str]]]:
    """What is read, in words: a name, and of each picture its value, or a dash."""
    channel = next((reading.values[0] for reading in readings if reading is not None and reading.values), None)
    rows = [
        ("Colour", [_bytes_text(each) for each in readings]),
        ("Hex", [_hex_text(each) for each in readings]),
        ("sRGB", [_floats_text(each.colour if each else None) for each in readings]),
        ("Linear", [_floats_text(_linear(each)) for each in readings]),
    ]
    if channel is not None:
        rows.append((channel, [_floats_text(each.values[1] if each and each.values else None) for each in readings]))
    lengths = [(each.depth, each.distance) if each else (None, None) for each in readings]
    rows += [
        ("Depth z", [_length(depth, scale) for depth, _ in lengths]),
        ("Range", [_length(distance, scale) for _, distance in lengths]),
        ("Point", [_point_text(each) for each in readings]),
    ]
    return rows


def _linear(reading: PixelReading | None) -> Array | None:
    return None if reading is None or reading.colour is None else to_linear(np.clip(reading.colour, 0, 1))


def _bytes_text(reading: PixelReading | None) -> str:
    colour = None if reading is None else reading.colour
    return NOTHING if colour is None else " ".join(str(value) for value in to_uint8(colour))


def _hex_text(reading: PixelReading | None) -> str:
    colour = None if reading is None else reading.colour
    return NOTHING if colour is None else "#" + "".join(f"{value:02x}" for value in to_uint8(colour))


def _floats_text(values: Array | None) -> str:
    return NOTHING if values is None else " ".join(f"{value:.4f}" for value in values)


def _length(length: float | None, scale: LengthScale | None) -> str:
    return NOTHING if length is None else length_text(length, scale)


def _point_text(reading: PixelReading | None) -> str:
    if reading is None or reading.point is None or not reading.distance:
        return NOTHING
    # A map's coordinates need more digits than a toy's, but neither has finer ones than it is seen from afar.
    decimals = max(FINE_DIGITS - math.ceil(math.log10(reading.distance)), 0)
    return ", ".join(f"{value:.{decimals}f}" for value in reading.point)
