"""Sweeps, multiplane images and pictures against the authors' outputs, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from engines.core.camera import Camera, look_at
from engines.mask_volume import planes
from engines.mask_volume.network import MaskNet, MpiNet

FAR_PLANE = 0


@dataclass
class Fixture:
    """What the authors' code made of time step 0, and the same by ours."""

    expected: dict[str, np.ndarray]
    cameras: tuple[Camera, Camera]
    depths: Tensor
    foreground: Tensor
    background: Tensor
    mpi_net: MpiNet
    mask_net: MaskNet


def camera(world_to_camera: np.ndarray, lens: np.ndarray) -> Camera:
    # The authors' matrices mirror the world's z, in all cameras alike: it cancels out of what they are used for.
    proper = world_to_camera.astype(np.float64)
    proper[:, 2] *= -1
    return Camera(np.linalg.inv(proper), (lens[0, 0], lens[1, 1]), (lens[0, 2], lens[1, 2]), (160, 96))


@pytest.fixture(scope="module")
def fixture(shared: Path) -> Fixture:
    folder = shared / "golden" / "mask_volume" / "mv160x96"
    with np.load(folder / "outputs.npz") as outputs:
        expected = dict(outputs)
    state = torch.load(folder / "checkpoint.ckpt", weights_only=True)
    state = state.get("state_dict", state)
    mpi, mask = MpiNet(), MaskNet()
    for network, prefix in ((mpi, "models.mpi_net."), (mask, "models.mask_net.")):
        network.load_state_dict({n.removeprefix(prefix): t for n, t in state.items() if n.startswith(prefix)})
        network.eval().requires_grad_(False)
    first, second = (camera(expected["src_w2c"][i], expected["src_K"][i]) for i in range(2))
    near, far = map(float, expected["bounds"])
    depths = planes.plane_depths(near, far, 32)
    foreground, background = (
        planes.sweep(torch.from_numpy(expected[name]), (first, second), first, depths)
        for name in ("src_rgb_f0", "src_bg")
    )
    return Fixture(expected, (first, second), depths, foreground, background, mpi, mask)


@pytest.fixture(scope="module")
def multiplane(fixture: Fixture) -> dict[str, Tensor]:
    """[P, H, W, 4] foreground, background and both; the mask [P, H, W]."""
    swept = {"fg": fixture.foreground, "bg": fixture.background}
    both = torch.cat(list(swept.values()))
    made = {name: planes.blend(fixture.mpi_net(x.flatten(0, 1)[None])[0], x) for name, x in swept.items()}
    mask = fixture.mask_net(both.flatten(0, 1)[None])[0, 0]
    made["both"] = made["fg"] * mask[..., None] + made["bg"] * (1 - mask[..., None])
    return made | {"mask": mask}


def test_planes_stand_where_theirs_do(fixture: Fixture) -> None:
    np.testing.assert_array_equal(fixture.depths, fixture.expected["depths"])
    assert fixture.depths[FAR_PLANE] == fixture.depths.max()


def test_sweeps_equal_theirs(fixture: Fixture) -> None:
    found = torch.cat([fixture.foreground, fixture.background])[:, :, ::5, ::8, ::8]
    # Pixel coordinates of float32 at 160 pixels, times the steepest edge.
    np.testing.assert_allclose(found, fixture.expected["psv_sub"], atol=5e-5)


@pytest.mark.parametrize("name", ["fg", "bg"])
def test_multiplane_images_equal_theirs(fixture: Fixture, multiplane: dict[str, Tensor], name: str) -> None:
    np.testing.assert_allclose(multiplane[name][::5, ::4, ::4], fixture.expected[f"{name}_mpi_sub"], atol=5e-5)


def test_the_mask_equals_theirs(fixture: Fixture, multiplane: dict[str, Tensor]) -> None:
    # Theirs was stored in half precision: 2^-11 at 1.
    np.testing.assert_allclose(multiplane["mask"], fixture.expected["mask_f0"].astype(np.float32), atol=5e-4)
    np.testing.assert_allclose(multiplane["both"][::5, ::4, ::4], fixture.expected["mpi_f0_sub32"], atol=5e-5)


def test_pictures_equal_theirs(fixture: Fixture, multiplane: dict[str, Tensor]) -> None:
    expected, layers = fixture.expected, multiplane["both"].permute(0, 3, 1, 2)
    wanted = [expected["rendered"][0], *expected["rendered_from_f0"]]
    for index, theirs in enumerate(wanted):
        target = camera(expected["tgt_w2c"][index], expected["tgt_K"][index])
        seen = planes.warp(layers, fixture.cameras[0], target, fixture.depths)
        image, opacity, disparity = planes.composite(seen, fixture.depths)
        assert np.abs(image.permute(2, 0, 1).numpy() - theirs).max() <= 0.1 / 255
        if index == 0:
            np.testing.assert_allclose(opacity, expected["acc_alpha_t0"], atol=5e-5)
            np.testing.assert_allclose(disparity, expected["disp_t0"], atol=5e-5)


def ahead(x: float, size_px: tuple[int, int] = (40, 32)) -> Camera:
    pose = look_at(np.array([x, 0.0, 0.0]), np.array([x, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    return Camera(pose, (30.0, 30.0), (size_px[0] / 2, size_px[1] / 2), size_px)


def test_the_reference_camera_sees_its_planes_as_they_are() -> None:
    layers = torch.rand(3, 4, 32, 40, generator=torch.Generator().manual_seed(0))
    seen = planes.warp(layers, ahead(0), ahead(0), planes.plane_depths(1, 10, 3))
    np.testing.assert_allclose(seen, layers, atol=1e-4)


def test_near_planes_move_more() -> None:
    # A column of light in the middle; the camera goes right by 0.1: it moves left by 30 * 0.1 / depth pixels.
    layers = torch.zeros(2, 4, 32, 40)
    layers[:, :, :, 20] = 1
    depths = torch.tensor([3.0, 0.5])
    seen = planes.warp(layers, ahead(0), ahead(0.1), depths)
    columns = seen[:, 0, 16].argmax(dim=1).tolist()
    assert columns == [20 - 1, 20 - 6]


def test_any_size_can_be_drawn() -> None:
    layers = torch.rand(2, 4, 32, 40, generator=torch.Generator().manual_seed(0))
    seen = planes.warp(layers, ahead(0), ahead(0).resized((80, 64)), planes.plane_depths(1, 10, 2))
    assert seen.shape == (2, 4, 64, 80)
    smaller = torch.nn.functional.avg_pool2d(seen, 2)
    assert (smaller[..., 2:-2, 2:-2] - layers[..., 2:-2, 2:-2]).abs().mean() < 0.2


def test_what_is_near_hides_what_is_far() -> None:
    layers = torch.tensor([[1.0, 0, 0, 1], [0, 1, 0, 0.25]])[..., None, None]
    image, opacity, disparity = planes.composite(layers, torch.tensor([4.0, 2.0]))
    np.testing.assert_allclose(image[0, 0], [0.75, 0.25, 0], atol=1e-6)
    assert float(opacity) == pytest.approx(1, abs=1e-6)
    assert float(disparity) == pytest.approx(0.75 / 4 + 0.25 / 2, abs=1e-6)


@pytest.mark.parametrize("side", [24, 40])
def test_sizes_that_do_not_halve_evenly_keep_theirs(side: int) -> None:
    with torch.inference_mode():
        assert MaskNet()(torch.rand(1, 12, 8, side, side)).shape == (1, 1, 8, side, side)
