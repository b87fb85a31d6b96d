"""Pictures, depth and normals against the authors' code, and against the plain reference where there is no fixture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from app.viewing.opening import open_scene
from engines.core.camera import Camera, look_at
from engines.core.errors import Cancelled, UserError
from engines.core.storage.checkpoint import Checkpoint
from engines.srn.config import SrnConfig, SrnOptions
from engines.srn.engine import ENGINE
from engines.srn.network import Phi, Srn
from engines.srn.scene import SrnScene
from tests.engines.srn.reference import draw_plainly, plain_network

ONE_LEVEL = 1 / 255
CPU = torch.device("cpu")
FIXTURES = [("srn_multi", 128), ("srn_multi", 64), ("srn_single", 64)]


def fixture_scene(shared: Path, name: str) -> tuple[SrnScene, dict[str, np.ndarray]]:
    folder = shared / "golden" / "srn" / name
    with np.load(folder / "outputs.npz") as outputs:
        expected = dict(outputs)
    scene = open_scene(folder / "checkpoint.pth", device="cpu").scene
    assert isinstance(scene, SrnScene)
    return scene, expected


def fixture_camera(expected: dict[str, np.ndarray], side: int, view: int) -> Camera:
    lens = expected[f"K_{side}"]
    pose = expected[f"pose_{side}"][view]
    return Camera(pose, (lens[0, 0], lens[1, 1]), (lens[0, 2], lens[1, 2]), (side, side))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "side"), FIXTURES)
def test_equals_the_authors_code(shared: Path, name: str, side: int) -> None:
    scene, expected = fixture_scene(shared, name)
    for view, rgb in enumerate(expected[f"rgb_{side}"]):
        camera = fixture_camera(expected, side, view)
        controls = {"instance": float(expected[f"instance_{side}"][view])} if scene.instances else {}
        frame = scene.draw(camera, controls, torch.from_numpy(expected[f"init_depth_{side}"][view]))
        assert frame.depth is not None
        assert np.abs(frame.image.numpy() - (rgb.transpose(1, 2, 0) / 2 + 0.5)).max() <= ONE_LEVEL / 10
        np.testing.assert_allclose(frame.depth.numpy(), expected[f"depth_{side}"][view], rtol=1e-4)
        theirs = expected[f"normals_{side}"][view].transpose(1, 2, 0)
        lengths = np.linalg.norm(theirs, axis=2)
        # Theirs are not of unit length; where two differences are nearly parallel the direction is noise.
        cosine = (frame.extra["normals"].numpy()[1:-1, 1:-1] * theirs).sum(axis=2) / np.maximum(lengths, 1e-9)
        assert (cosine[lengths > 0.1] > np.cos(np.radians(1))).mean() > 0.999


@pytest.mark.parametrize(("name", "side"), FIXTURES)
def test_rays_begin_at_the_mean_depth_unless_told(shared: Path, name: str, side: int) -> None:
    scene, expected = fixture_scene(shared, name)
    for view, rgb in enumerate(expected[f"rgb_const_{side}"]):
        controls = {"instance": float(expected[f"instance_{side}"][view])} if scene.instances else {}
        frame = scene.render(fixture_camera(expected, side, view), controls)
        assert np.abs(frame.image.numpy() - (rgb.transpose(1, 2, 0) / 2 + 0.5)).max() <= ONE_LEVEL / 10


def small_camera(side: int = 24) -> Camera:
    pose = look_at(np.array([0.9, -1.1, 0.6]), np.zeros(3), np.array([0.0, 0.0, 1.0]))
    return Camera(pose, (1.1 * side, 1.1 * side), (side / 2, side / 2), (side, side))


def random_scene(**settings: object) -> tuple[SrnScene, Srn]:
    torch.manual_seed(2)
    config = SrnConfig(**settings)
    network = Srn(config)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            assert module.running_mean is not None and module.running_var is not None
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.3, 2)
    weights = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
    options = SrnOptions(tracing_steps=config.tracing_steps)
    scene = ENGINE.open(Checkpoint("srn", config.model_dump(), 0, weights), CPU, None, options)
    assert isinstance(scene, SrnScene)
    return scene, plain_network(config, weights)


UNET = {"use_unet_renderer": True, "img_sidelengths": (128,)}


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"fit_single_srn": True},
        {"num_instances": 3, "embedding_size": 7},
        {"num_instances": 1, "embedding_size": 1, "tracing_steps": 3},
        {**UNET, "fit_single_srn": True},
        {**UNET, "fit_single_srn": True, "nf0": 12, "tracing_steps": 3},
        {**UNET, "num_instances": 2, "embedding_size": 5, "nf0": 12, "tracing_steps": 3},
    ],
)
def test_every_form_equals_the_plain_reference(settings: dict[str, object]) -> None:
    scene, network = random_scene(**settings)
    camera = small_camera(128 if settings.get("use_unet_renderer") else 24)
    for index in range(max(len(scene.instances), 1)):
        code = network.latent_codes.weight[index] if network.latent_codes is not None else None
        image, depth = draw_plainly(network, camera, code)
        frame = scene.render(camera, {"instance": float(index)} if scene.instances else {})
        assert (frame.image - image).abs().max() <= ONE_LEVEL
        assert frame.depth is not None
        torch.testing.assert_close(frame.depth, depth, rtol=1e-3, atol=1e-4)


def test_a_blend_is_between_the_codes() -> None:
    scene, network = random_scene(num_instances=3, embedding_size=4)
    assert network.latent_codes is not None
    codes = network.latent_codes.weight
    image, _ = draw_plainly(network, small_camera(), 0.75 * codes[2] + 0.25 * codes[1])
    frame = scene.render(small_camera(), {"instance": 2.0, "blend_with": 1.0, "blend": 0.25})
    assert (frame.image - image).abs().max() <= ONE_LEVEL


def test_phi_is_made_once_for_an_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    scene, _ = random_scene(num_instances=2, embedding_size=4)
    made: list[object] = []
    whole = Srn.scene

    def counted(network: Srn, codes: Tensor | None) -> Phi:
        made.append(codes)
        return whole(network, codes)

    monkeypatch.setattr(Srn, "scene", counted)
    for index in (0, 0, 1, 1, 0):
        scene.render(small_camera(), {"instance": float(index)})
    assert len(made) == 3


def test_an_instance_that_is_not_there() -> None:
    scene, _ = random_scene(num_instances=2, embedding_size=4)
    with pytest.raises(UserError, match="instance 2: this class has instances 0 to 1"):
        scene.render(small_camera(), {"instance": 2.0})


def test_the_unet_draws_one_size() -> None:
    scene, _ = random_scene(fit_single_srn=True, use_unet_renderer=True, img_sidelengths=(128,))
    assert scene.native_px == (128, 128)
    with pytest.raises(UserError, match="draws 128x128 pixels only, not 24x24"):
        scene.render(small_camera())


def test_it_stops_within_a_step() -> None:
    scene, _ = random_scene(fit_single_srn=True)
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        scene.render(small_camera(64), {}, lambda: next(asked))


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (40, 17)])
def test_any_size_is_drawn(size: tuple[int, int]) -> None:
    scene, _ = random_scene(fit_single_srn=True)
    frame = scene.render(small_camera().resized(size))
    assert frame.image.shape == (size[1], size[0], 3)
    assert frame.extra["normals"].shape == (size[1], size[0], 3)
    assert bool(torch.isfinite(frame.extra["normals"]).all())


def test_normals_are_made_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Camera] = []

    def noted(depth: Tensor, camera: Camera) -> Tensor:
        made.append(camera)
        return depth

    monkeypatch.setattr("engines.srn.scene.normals", noted)
    scene, _ = random_scene(fit_single_srn=True)
    frame = scene.render(small_camera(16))
    assert not made and list(frame.extra) == ["normals"] and frame.extra.get("error") is None
    assert frame.extra["normals"] is frame.extra["normals"] and len(made) == 1
