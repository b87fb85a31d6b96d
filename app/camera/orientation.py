"""A camera's orientation as heading, pitch and roll, relative to which way is up.

The horizon has a compass of its own, since worlds have several ways up. East is the world's x axis, as far as that is
horizontal (y where x is up), and north lies a quarter turn to the left of it. So a camera that looks north has x on its
right: with up +z north is +y, with up +y it is -z (OpenGL's view), with up -y +z (OpenCV's).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.camera import navigation
from engines.core.camera import Array, Camera

ALONG = 0.9
"""An up axis within the arc cosine of this of x has no x axis to lay a compass by."""


@dataclass(frozen=True)
class Orientation:
    """Angles in degrees, turned in this order.

    Attributes:
        heading: of the view, to the right of north; -180 to 180.
        pitch: of the view, above the horizon; -90 to 90.
        roll: of the head, clockwise; -180 to 180.
    """

    heading: float
    pitch: float
    roll: float


def compass(up: Array) -> tuple[Array, Array]:
    """North and east, [3] each: unit vectors across `up` [3], world."""
    up = np.asarray(up, dtype=np.float64)
    up = up / np.linalg.norm(up)
    along = np.eye(3)[int(abs(up[0]) > ALONG)]
    east = along - (along @ up) * up
    east = east / np.linalg.norm(east)
    return np.cross(up, east), east


def orientation_of(camera: Camera, up: Array) -> Orientation:
    """The angles of a camera where `up` [3] (world) is up.

    Straight up and down, where heading and roll are one, it is all heading: that of the picture's upper edge looking
    down, of its lower edge looking up.
    """
    north, east = compass(up)
    # To the right of a level head, which is a quarter turn to the right of the view, also where that has no heading.
    right = navigation.level(camera, up).right
    heading = np.degrees(np.arctan2(-right @ north, right @ east))
    # Not the arc sine alone, which is blind near its ends.
    upwards = camera.forward @ (up / np.linalg.norm(up))
    pitch = np.degrees(np.arctan2(upwards, np.hypot(camera.forward @ north, camera.forward @ east)))
    return Orientation(float(heading), float(pitch), roll_deg(camera, up))


def oriented(camera: Camera, up: Array, orientation: Orientation) -> Camera:
    """The camera, turned in its place to these angles, where `up` [3] (world) is up."""
    north, east = compass(up)
    heading, pitch = np.radians((orientation.heading, orientation.pitch))
    ahead = np.sin(heading) * east + np.cos(heading) * north
    right = np.cos(heading) * east - np.sin(heading) * north
    forward = np.cos(pitch) * ahead + np.sin(pitch) * up / np.linalg.norm(up)
    pose = camera.camera_to_world.copy()
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
    return navigation.roll(camera.at(pose), float(np.radians(orientation.roll)))


def roll_deg(camera: Camera, up: Array) -> float:
    """How far the head is tilted clockwise from where `up` [3] (world) is upright, in -180 to 180."""
    level = navigation.level(camera, up)
    return float(np.degrees(np.arctan2(camera.right @ level.down, camera.right @ level.right)))


def wrapped_deg(angle_deg: float) -> float:
    """An angle, brought to -180 to 180 degrees."""
    return float((angle_deg + 180) % 360 - 180) if abs(angle_deg) > 180 else angle_deg
