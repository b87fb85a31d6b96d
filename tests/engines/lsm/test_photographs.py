"""Where photographs stand about the grid, and which colours points have from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from engines.core.camera import Camera, look_at, project
from engines.core.data.dataset import Dataset
from engines.core.data.views import View, Views
from engines.core.errors import UserError
from engines.lsm.colouring import UNSEEN, colours
from engines.lsm.config import LsmConfig
from engines.lsm.photographs import (
    NetworkPhotographs,
    ReconstructionCube,
    chosen_numbers,
    read_photographs,
    upright,
    views_of,
)

CPU = torch.device("cpu")


@pytest.mark.parametrize("up", [(0, 0, 1), (0, 1, 0), (0, 0, -1), (0.6, 0, 0.8), (-1, 0, 0)])
def test_cubes_stand_upright(up: tuple[float, float, float]) -> None:
    turn = upright(np.array(up, dtype=float))
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1)
    np.testing.assert_allclose(turn @ up, [0, 0, 1], atol=1e-12)


def test_points_are_where_the_cameras_see_them() -> None:
    cube = ReconstructionCube(np.array([1.0, 2.0, 3.0]), 4.0, upright(np.array([0.0, 1.0, 0.0])))
    pose = look_at(np.array([5.0, 9.0, 8.0]), cube.centre, np.array([0.0, 1, 0]))
    camera = Camera(pose, (50, 60), (30, 20), (64, 48))
    points = torch.rand(20, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) - 0.5
    K, R = cube.matrices(camera)
    seen = (K @ R @ np.vstack([points.numpy().T, np.ones(20)])).T
    pixels, depth = project(camera, cube.to_world(points).numpy())
    np.testing.assert_allclose(seen[:, :2] / seen[:, 2:], pixels)
    np.testing.assert_allclose(seen[:, 2] * 4.0, depth)
    torch.testing.assert_close(cube.from_world(cube.to_world(points)), points)


def test_photographs_are_chosen_by_their_numbers(cars: Dataset) -> None:
    views = views_of(cars, 1)
    assert len(views) == 4 and views[0].instance == 1
    assert chosen_numbers(None, 3, views, "cars") == (0, 1, 2) and chosen_numbers((3, 1), 3, views, "cars") == (3, 1)
    # Of an object that is held out some are left to compare with, the first of them too.
    held_out = views.with_split(np.arange(4), "test")
    assert chosen_numbers(None, 3, held_out, "cars") == (1, 2, 3) == chosen_numbers(None, 9, held_out, "cars")
    some = views.with_split(np.array([1, 3]), "validation")
    assert chosen_numbers(None, 3, some, "cars") == (0, 1) and some[1].name.endswith("render_2")
    assert chosen_numbers(None, 3, held_out[:1], "cars") == (0,)
    with pytest.raises(UserError, match=r"cars: has 4 photographs, numbered from 0; views=4, -1 are not among them"):
        chosen_numbers((0, 4, -1), 3, views, "cars")


def test_photographs_are_read_as_the_authors_do(cars: Dataset) -> None:
    views, config = views_of(cars, 0), LsmConfig(im_h=32, im_w=32)
    read = read_photographs(views, [2, 0], ReconstructionCube.of(cars), config, CPU)
    np.testing.assert_allclose(read.images[0].movedim(0, -1), views[2].image(), atol=1e-7)
    np.testing.assert_allclose(read.R[1], views[0].camera.world_to_camera[:3], atol=1e-6)
    assert read.images[0, :, 0, 0].tolist() == [1, 1, 1]


def test_a_camera_that_sees_nothing_is_named(cars: Dataset) -> None:
    view = views_of(cars, 0)[1]
    away = view.camera.at(view.camera.camera_to_world @ np.diag([1.0, -1, -1, 1]))
    views = Views.of([replace(view, camera=away)])
    with pytest.raises(UserError, match=r"render_1\.png: its camera sees nothing of the grid; leave 0 out of views"):
        read_photographs(views, [0], ReconstructionCube.of(cars), LsmConfig(im_h=32, im_w=32), CPU)
    assert isinstance(view, View)


def test_colours_are_of_photographs_that_see_the_point() -> None:
    """One looks along +z, red, one along -z, blue; a wall at z = 0 hides each side from the other."""
    K = torch.tensor([[8.0, 0, 4], [0, 8, 4], [0, 0, 1]]).expand(2, 3, 3)
    R = torch.stack([torch.eye(4)[:3], torch.diag(torch.tensor([-1.0, 1, -1, 1]))[:3]])
    R[:, 2, 3] = 2.0
    images = torch.zeros(2, 3, 8, 8)
    images[0, 0], images[1, 2] = 1.0, 1.0
    camera = Camera(np.eye(4), (8, 8), (4, 4), (8, 8))
    photographs = NetworkPhotographs((0, 1), (camera, camera), images, K, R)
    walls = torch.full((2, 4, 4), 2.0)
    front, back = torch.tensor([[0.1, 0, -0.01]]), torch.tensor([[0.1, 0, 0.01]])
    aside, forwards = torch.tensor([[9.0, 0, 0]]), torch.tensor([[0.0, 0, 1]])
    thin = 0.005
    # A hundredth before the wall of one is a hundredth behind that of the other: neither is the wall itself.
    for point, colour in ((front, [1, 0, 0]), (back, [0, 0, 1])):
        depths = torch.stack([torch.full((4, 4), float(2 + z)) for z in (point[0, 2], -point[0, 2])])
        hidden = depths.clone()
        hidden[(colour[0] and 1) or 0] -= 0.5
        found = colours(point, forwards * (1 if colour[0] else -1), photographs, hidden, thin)
        assert (found[0] - torch.tensor(colour)).abs().max() < 1e-2
    assert (colours(aside, forwards, photographs, walls, thin) == UNSEEN).all()
    # What both see is mixed, mostly from the side that it is looked at from.
    both = colours(torch.zeros(1, 3), forwards, photographs, walls, thin)[0]
    assert both[0] > 0.9 and both.sum() == pytest.approx(1)
