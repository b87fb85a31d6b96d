"""Pictures and depth against the authors' code, and against the plain reference for sizes without a fixture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from app.camera.fitting import fit_native, same_framing
from app.viewing.opening import Opened, open_scene
from engines.core.camera import Camera, look_at
from engines.core.engine import Scene
from engines.core.errors import UserError
from engines.core.frame import Frame
from engines.core.storage.checkpoint import Checkpoint
from engines.deepvoxels.config import DeepVoxelsConfig, DeepVoxelsOptions
from engines.deepvoxels.geometry import GridPlacement, frustum_samples, metric_depth
from engines.deepvoxels.network import DeepVoxels
from engines.deepvoxels.scene import BORDER_PX, DeepVoxelsScene, find_surroundings
from tests.engines.deepvoxels.reference import draw_plainly, plain_network

ONE_LEVEL = 1 / 255
FIXTURES = ["dv128_g32", "dv512_g32"]


def opened_fixture(shared: Path, name: str, *settings: str) -> tuple[Opened, dict[str, np.ndarray]]:
    folder = shared / "golden" / "deepvoxels" / name
    with np.load(folder / "outputs.npz") as outputs:
        expected = dict(outputs)
    return open_scene(folder / "checkpoint.pth", folder / "data", "cpu", settings), expected


def native_cameras(opened: Opened) -> list[Camera]:
    assert opened.dataset is not None
    return [view.square_camera(opened.checkpoint.config["img_sidelength"]) for view in opened.dataset.views]


def draw(scene: Scene, camera: Camera) -> Frame:
    return scene.render(camera, {}, lambda: False)


@pytest.mark.parametrize("name", FIXTURES)
def test_pictures_equal_the_authors(shared: Path, name: str) -> None:
    opened, expected = opened_fixture(shared, name)
    for camera, raw in zip(native_cameras(opened), expected["raw_rgb"], strict=False):
        image = draw(opened.scene, camera).image.numpy()
        assert np.abs(image - (raw.transpose(1, 2, 0) + 0.5)).max() <= ONE_LEVEL / 10


@pytest.mark.parametrize("name", FIXTURES)
@pytest.mark.parametrize("formula", ["geometric", "official"])
def test_depth_equals_the_authors(shared: Path, name: str, formula: str) -> None:
    opened, expected = opened_fixture(shared, name, "depth_grid=native", f"depth_formula={formula}")
    for camera, depth in zip(native_cameras(opened), expected[f"depth_metric_{formula}"], strict=True):
        found = draw(opened.scene, camera).depth
        assert found is not None
        np.testing.assert_allclose(found.numpy(), depth, rtol=1e-3)


def test_the_border_crop_cuts_five_pixels(shared: Path) -> None:
    whole, expected = opened_fixture(shared, "dv128_g32")
    cropped, _ = opened_fixture(shared, "dv128_g32", "crop_border=true")
    assert cropped.scene.native_px == (118, 118)
    assert (whole.scene.border_px, cropped.scene.border_px) == (5, 0)
    camera = native_cameras(whole)[0]
    fitted = fit_native(camera, (118, 118), cropped.scene.cropped_px)
    assert same_framing(fitted, camera.cropped(BORDER_PX, BORDER_PX, 118, 118))
    inner = draw(cropped.scene, camera.cropped(BORDER_PX, BORDER_PX, 118, 118))
    raw = expected["raw_rgb"][0].transpose(1, 2, 0)[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
    assert np.abs(inner.image.numpy() - (raw + 0.5)).max() <= ONE_LEVEL / 10
    assert inner.depth is not None and inner.depth.shape == (118, 118)
    depth = draw(whole.scene, camera).depth
    assert inner.depth is not None and depth is not None
    assert torch.allclose(inner.depth, depth[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX])


def small_network(**sizes: object) -> tuple[DeepVoxelsConfig, DeepVoxels]:
    torch.manual_seed(3)
    config = DeepVoxelsConfig(**{"img_sidelength": 128, "grid_dim": 8, "num_grid_feats": 4, "nf0": 4, **sizes})
    network = DeepVoxels(config)
    with torch.no_grad():
        network.deepvoxels.uniform_(0, 1)
        for module in network.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                assert module.running_mean is not None and module.running_var is not None
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.3, 2)
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.3)
    return config, network


def small_scene(config: DeepVoxelsConfig, network: DeepVoxels) -> DeepVoxelsScene:
    checkpoint = Checkpoint("deepvoxels", config.model_dump(), 0, network.state_dict())
    surroundings = find_surroundings(checkpoint, None, DeepVoxelsOptions(), config.img_sidelength)
    return DeepVoxelsScene(config, checkpoint.weights, surroundings, torch.device("cpu"), DeepVoxelsOptions())


SIZES = [
    {},
    {"no_occlusion_net": True},
    {"grid_dim": 24, "num_grid_feats": 20},
    {"img_sidelength": 256, "nf0": 3},
    # Wide enough for Winograd's form.
    {"nf0": 40, "grid_dim": 16},
    {"num_grid_feats": 1, "nf0": 2},
]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_every_size_equals_the_plain_reference(sizes: dict[str, object]) -> None:
    config, network = small_network(**sizes)
    scene = small_scene(config, network)
    plain = plain_network(config, network.state_dict())
    # From outside, from so near that the view volume is cut by the grid on all sides, and looking away.
    eyes = [np.array([1.3, -0.9, 0.8]), np.array([0.6, 0.2, 0.1]), np.array([0.0, 0.0, 9.0])]
    for eye in eyes:
        camera = scene.start.at(look_at(eye, np.zeros(3), np.array([0.0, 0, 1])))
        expected, coordinate = draw_plainly(plain, camera, GridPlacement())
        frame = scene.render(camera)
        assert (frame.image.permute(2, 0, 1) - 0.5 - expected).abs().max() <= ONE_LEVEL / 10
        if coordinate is None:
            assert frame.depth is None and scene.channels == ("rgb",)
            continue
        depth = metric_depth(coordinate[None, None], GridPlacement(), config.grid_dim, "geometric")
        assert frame.depth is not None
        samples = frustum_samples(camera, GridPlacement(), config.grid_dim, torch.device("cpu"))
        meets = torch.zeros(64 * 64, dtype=torch.bool).index_fill(0, samples.index % 64**2, True).view(64, 64)
        depth = depth.masked_fill(~meets, torch.inf)
        # Feature pixel (i, i) lies at 2 i of a 128 picture: the corner that four pixels share.
        step = config.img_sidelength // 64
        corners = torch.nn.functional.avg_pool2d(frame.depth[None, None], 2, 1)[
            0, 0, step - 1 :: step, step - 1 :: step
        ]
        assert torch.equal(corners[:62, :62].isfinite(), depth[1:63, 1:63].isfinite())
        # Beside a ray that passes the grid by, depth is half of what says nothing.
        among = torch.nn.functional.max_pool2d(1 - meets[None].float(), 3, 1, 1)[0] == 0
        inner = among[1:63, 1:63]
        assert torch.allclose(corners[:62, :62][inner], depth[1:63, 1:63][inner], rtol=1e-2)


def published_network(side_px: int) -> tuple[DeepVoxelsConfig, DeepVoxels]:
    """Of the paper's sizes, with running statistics as after training."""
    torch.manual_seed(5)
    config = DeepVoxelsConfig(img_sidelength=side_px)
    network = DeepVoxels(config)
    with torch.no_grad():
        network.deepvoxels.uniform_(0, 1)
        for module in network.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                assert module.running_mean is not None and module.running_var is not None
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
    return config, network


def published_view(scene: DeepVoxelsScene) -> Camera:
    return scene.start.at(look_at(np.array([1.2, -1.0, 0.9]), np.zeros(3), np.array([0.0, 0, 1])))


@pytest.mark.slow
@pytest.mark.parametrize("side_px", [128, 512])
def test_the_papers_sizes_equal_the_plain_reference(side_px: int) -> None:
    config, network = published_network(side_px)
    scene = small_scene(config, network)
    expected, _ = draw_plainly(plain_network(config, network.state_dict()), published_view(scene), GridPlacement())
    frame = scene.render(published_view(scene))
    assert (frame.image.permute(2, 0, 1) - 0.5 - expected).abs().max() < ONE_LEVEL


def test_another_size_is_refused_in_one_line() -> None:
    config, network = small_network()
    scene = small_scene(config, network)
    with pytest.raises(UserError, match=r"draws 128x128 pixels only, not 64x64"):
        scene.render(scene.start.resized((64, 64)))


def test_stop_is_heard_within_a_frame() -> None:
    from engines.core.errors import Cancelled

    scene = small_scene(*small_network())
    asked = iter([False] * 10 + [True] * 1000)
    with pytest.raises(Cancelled):
        scene.render(scene.start, {}, lambda: next(asked))
    assert scene.render(scene.start).image.shape == (128, 128, 3)
