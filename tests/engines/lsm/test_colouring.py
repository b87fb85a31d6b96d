"""What photographs show of an object, and what only stands behind it; pixels between two surfaces are none."""

from __future__ import annotations

import numpy as np
import torch

from engines.core.camera import Camera
from engines.lsm.colouring import colours
from engines.lsm.depth_scene import _between
from engines.lsm.photographs import BACKDROP, NetworkPhotographs

SIDE = 32


def photographs() -> NetworkPhotographs:
    """Two from opposite sides, of a red square about a white one; the first stands on white, the other on grey."""
    images = torch.ones(2, 3, SIDE, SIDE)
    images[1] = 0.5
    images[:, :, 8:24, 8:24] = torch.tensor([1.0, 0.0, 0.0])[:, None, None]
    images[:, :, 14:18, 14:18] = 1.0
    K = torch.tensor([[SIDE, 0, SIDE / 2], [0, SIDE, SIDE / 2], [0, 0, 1]]).expand(2, 3, 3)
    R = torch.eye(3, 4).repeat(2, 1, 1)
    R[1, 0, 0] = R[1, 2, 2] = -1
    R[:, 2, 3] = 2.0
    camera = Camera(np.eye(4), (SIDE, SIDE), (SIDE / 2, SIDE / 2), (SIDE, SIDE))
    return NetworkPhotographs((0, 1), (camera, camera), images, K, R)


def test_white_that_goes_on_to_the_border_is_not_the_object() -> None:
    weights = photographs().weighed[:, 3]
    assert weights[0, 0, 0] == weights[0, 7, 7] == weights[0, 8, 12] == torch.tensor(BACKDROP)
    # Nor is the object's own white; what stands on grey is taken as it is.
    assert weights[0, 16, 16] == weights[0, 10, 10] == 1 and (weights[1] == 1).all()


def test_colours_are_taken_from_photographs_that_show_the_object() -> None:
    given, depths = photographs(), torch.full((2, SIDE, SIDE), 2.0)
    # A point just outside the first one's silhouette, one inside, and one that is white itself.
    points = torch.tensor([[0.0, -0.55, 0.0], [0.0, -0.3, 0.0], [0.0, 0.0, 0.0]])
    sight = torch.tensor([[0.0, 0.0, 1.0]]).expand(3, 3)
    found = colours(points, sight, given, depths, slack=0.1)
    torch.testing.assert_close(found[0], torch.full((3,), 0.5), atol=0.02, rtol=0)
    torch.testing.assert_close(found[1:], torch.tensor([[1.0, 0, 0], [1.0, 1, 1]]), atol=1e-4, rtol=0)


def test_what_lies_between_two_surfaces_is_on_neither() -> None:
    depths = torch.full((1, 5, 6), 2.0)
    depths[..., 3:] = 10.0
    sizes = torch.full_like(depths, 0.01)
    assert not _between(depths, sizes).any()
    depths[..., 2] = 5.0
    assert _between(depths, sizes).nonzero()[:, 2].unique().tolist() == [2]
