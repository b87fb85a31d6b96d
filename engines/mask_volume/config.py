"""Every option of Deep 3D Mask Volume."""

WIDTH = 8
"""Channels of the networks' first layer; fixed in the authors' code."""
PLANES = 32
"""Fixed in the authors' code."""
