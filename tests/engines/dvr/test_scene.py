"""What a scene draws besides a picture of theirs: empty fields, networks without colours, other cubes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from app.viewing.opening import open_scene
from engines.core.camera import Camera
from engines.core.engine import HasSurface
from engines.core.storage.checkpoint import Checkpoint
from engines.dvr.config import DvrConfig, DvrOptions
from engines.dvr.cube import Cube
from engines.dvr.network import Dvr
from engines.dvr.rays import pixel_rays
from engines.dvr.scene import EMPTY, DvrScene, find_info
from tests.engines.dvr.test_upstream import SMALL, saved

SAMPLES = 32
"""Even, so that none of a ray straight through the cube lies at its middle: an exact 0 is no crossing."""


def slab(out_dim: int = 4) -> tuple[DvrConfig, dict[str, torch.Tensor]]:
    """A network whose field is occupied where x < 0: its logit is -8 x, its colour the same everywhere."""
    colours = {"lambda_rgb": 0.0, "lambda_image_gradients": 0.0} if out_dim == 1 else {}
    config = DvrConfig(hidden_size=2, n_blocks=0, out_dim=out_dim, ray_samples=SAMPLES, **colours)
    weights = {name: torch.zeros_like(tensor) for name, tensor in Dvr(config).state_dict().items()}
    weights["decoder.fc_p.weight"][:, 0] = torch.tensor([8.0, -8.0])
    weights["decoder.fc_out.weight"][0] = torch.tensor([-1.0, 1.0])
    if out_dim == 4:
        weights["decoder.fc_out.bias"][1:] = torch.tensor([2.0, 0.0, -2.0])
    return config, weights


def scene_of(out_dim: int = 4, cube: Cube | None = None, **options: object) -> DvrScene:
    config, weights = slab(out_dim)
    info, assumed = find_info(Checkpoint("dvr", {}, 0, weights), None)
    info = replace(info, hints=(cube or Cube()).to_hints())
    made = DvrOptions(**{"ray_samples": SAMPLES, **options})
    return DvrScene(config, weights, info, assumed, torch.device("cpu"), made)


def facing(distance: float = 2.0, side: int = 5) -> Camera:
    """From +x, towards -x; up is +z."""
    pose = np.eye(4)
    pose[:3] = np.array([[0, 0, -1, distance], [1, 0, 0, 0], [0, -1, 0, 0]])
    return Camera(pose, (4.0 * side,) * 2, (side / 2,) * 2, (side, side))


def test_depth_colour_and_normals_of_a_plane() -> None:
    scene = scene_of()
    frame = scene.render(facing(), {})
    assert frame.depth is not None
    torch.testing.assert_close(frame.depth, torch.full((5, 5), 2.0))
    torch.testing.assert_close(frame.image[2, 2], torch.sigmoid(torch.tensor([2.0, 0.0, -2.0])))
    # Away from the camera, into what is occupied.
    torch.testing.assert_close(frame.extra["normals"][2, 2], torch.tensor([0.0, 0.0, 1.0]))
    assert isinstance(scene, HasSurface)


def test_a_ray_ends_at_tau_and_a_mesh_at_threshold() -> None:
    # The logit of 0.8 is ln 4: there x = -ln 4 / 8.
    at = float(np.log(4)) / 8
    frame = scene_of(tau=0.8).render(facing(), {})
    assert frame.depth is not None
    torch.testing.assert_close(frame.depth[2, 2], torch.tensor(2 + at))
    surface = scene_of(threshold=0.8).surface({})
    torch.testing.assert_close(surface.values(torch.tensor([[-at, 0.0, 0.0]])), torch.zeros(1), atol=1e-6, rtol=0)


def test_what_begins_in_the_object_is_seen_at_the_camera() -> None:
    """As by the authors' `render.py`: at depth 0, in the colour that the field has where the camera stands."""
    scene = scene_of()
    # Red grows with how deep in it is.
    scene._network.decoder.fc_out.weight[1, 1] = 0.5
    frame = scene.render(facing(-0.2), {})
    assert frame.depth is not None and bool((frame.depth == 0).all())
    colour = torch.sigmoid(torch.tensor([2 + 0.5 * 8 * 0.2, 0.0, -2.0]))
    torch.testing.assert_close(frame.image, colour.expand(5, 5, 3))
    torch.testing.assert_close(frame.extra["normals"], torch.tensor([0.0, 0.0, 1.0]).expand(5, 5, 3))
    assert (frame.extra["alpha"] == 1).all()
    # From outside what reaches out of the cube towards the camera, too.
    outside = scene.render(facing(-2.0).at(facing(-2.0).camera_to_world @ np.diag([-1.0, 1.0, -1.0, 1.0])), {})
    assert outside.depth is not None and bool((outside.depth == 0).all())
    grey = scene_of(out_dim=1).render(facing(-0.2), {}).image
    assert float(grey.min()) > 0.5 and float(grey[2, 2, 0]) > float(grey[0, 0, 0])


def test_another_cube_moves_and_scales_what_is_drawn() -> None:
    cube = Cube((3.0, 1.0, -2.0), 10.0)
    scene = scene_of(cube=cube)
    pose = facing().camera_to_world.copy()
    pose[:3, 3] = np.array(cube.centre) + 10.0 * facing().position
    frame = scene.render(facing().at(pose), {})
    assert frame.depth is not None
    torch.testing.assert_close(frame.depth, torch.full((5, 5), 20.0))
    np.testing.assert_allclose(scene.bounds, [[-2, -4, -7], [8, 6, 3]])
    surface = scene.surface({})
    values = surface.values(torch.tensor([[3.0, 0.0, 0.0], [2.0, 0.0, 0.0], [4.0, 0.0, 0.0]]))
    torch.testing.assert_close(values, torch.tensor([0.0, 0.8, -0.8]))
    np.testing.assert_allclose(surface.bounds.mean(axis=0), cube.centre)


def test_background_is_what_was_asked_for() -> None:
    beside = facing().at(np.array([[0, 0, 1, 2.0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]))
    for background, value in (("white", 1.0), ("black", 0.0)):
        frame = scene_of(background=background).render(beside, {})
        assert frame.depth is not None and bool(frame.depth.isinf().all()) and bool((frame.image == value).all())


def test_a_network_without_colours_is_drawn_grey(tmp_path: Path) -> None:
    scene = scene_of(out_dim=1)
    frame = scene.render(facing(), {})
    shown = frame.image[2, 2]
    assert bool((shown == shown[0]).all()) and 0.5 < float(shown[0]) < 1
    assert "the network has no colours: drawn grey, lit from the camera" in scene.assumptions
    assert bool(
        (scene.surface({}).colours(torch.zeros(3, 3)) == scene.surface({}).colours(torch.zeros(3, 3))[0, 0]).all()
    )
    # As the authors' depth_only models are saved.
    opened = open_scene(saved(tmp_path, **SMALL, out_dim=1, lambda_rgb=0, lambda_image_gradients=0), None, "cpu")
    assert opened.scene.channels == ("rgb", "depth", "normals", "alpha")


def test_an_empty_field_is_said_once() -> None:
    scene = scene_of()
    weights = scene._network.decoder.fc_out.bias
    weights[0] -= 100
    for _ in range(2):
        frame = scene.render(facing(), {})
        assert bool((frame.image == 1).all()) and frame.depth is not None and bool(frame.depth.isinf().all())
    assert scene.assumptions.count(EMPTY) == 1


def test_a_camera_that_looks_elsewhere_says_nothing_of_the_field() -> None:
    scene = scene_of()
    away = facing().at(np.array([[0, 0, 1, 2.0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]))
    scene.render(away, {})
    assert EMPTY not in scene.assumptions


def test_the_corners_of_a_picture_are_its_outermost_pixels_for_authors_files() -> None:
    camera = facing(side=5)
    for corners, reach in ((True, 0.5), (False, 0.4)):
        _, directions = pixel_rays(camera, Cube(), torch.device("cpu"), corners)
        across = directions.view(5, 5, 3)[2, :, 1]
        # Half a picture is half of its side over the focal length.
        expected = torch.tensor([-reach, -reach / 2, 0.0, reach / 2, reach]) * 5 / 20
        torch.testing.assert_close(across, expected)
