"""What channels are called for people."""

from __future__ import annotations

NAMES = {"rgb": "Image", "depth": "Depth", "normals": "Normals", "error": "Error", "alpha": "Opacity"}


def channel_name(channel: str) -> str:
    """The name for people."""
    return NAMES.get(channel, channel.replace("_", " ").capitalize())
