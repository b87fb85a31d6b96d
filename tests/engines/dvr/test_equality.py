"""A scene opened from the authors' files gives what their code gave."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from app.opening import Opened, open_scene
from engines.core.camera import Array
from engines.core.engine import never_stop
from engines.dvr.scene import DvrScene
from tests.engines.dvr.fixtures import SAMPLES

HIT_SHARE = 0.998
"""Of the pixels, on which silhouettes agree: a ray that grazes the surface falls either way by rounding."""
COLOUR = 1 / 255
"""Mean, as a picture is kept in bytes."""
DEPTH = 1e-3
EVERY = 5
"""A picture whose corners are pixels' middles, made smaller by this, has every so manyth of its pixels."""
DATA = {"dvr_rgb": "data/scan1", "dvr_cond": "data/cls"}
MESH_PADDING = {"dvr_rgb": 0.1, "dvr_cond": 0.0}
"""Of the cube that their meshes were extracted from, by the fixtures' configurations."""
MODELS = [("dvr_rgb", 0), ("dvr_cond", 0), ("dvr_cond", 1)]


@cache
def fixture(shared: Path, name: str) -> tuple[Opened, dict[str, Array]]:
    folder = shared / "golden" / "dvr" / name
    with np.load(folder / "outputs.npz") as outputs:
        return open_scene(folder / "model.pt", folder / DATA[name], "cpu"), dict(outputs)


def scene_of(opened: Opened) -> DvrScene:
    assert isinstance(opened.scene, DvrScene)
    return opened.scene


@pytest.mark.parametrize(("name", "model"), MODELS)
def test_pictures_depth_and_normals(shared: Path, name: str, model: int) -> None:
    opened, outputs = fixture(shared, name)
    # As their YAML says, which lies beside.
    assert scene_of(opened).options.ray_samples == SAMPLES[name] and opened.dataset is not None
    for number, view in enumerate(opened.dataset.views.of_instance(model)):
        width, height = view.camera.size_px
        camera = view.camera.resized(((width - 1) // EVERY + 1, (height - 1) // EVERY + 1))
        expected = {
            key: outputs[f"m{model}_{key}"][number][::EVERY, ::EVERY]
            for key in ("mask_pred", "rgb", "depth_cam", "normals_inward")
        }
        frame = opened.scene.render(camera, {"instance": model}, never_stop)
        assert frame.depth is not None
        hit, image = torch.isfinite(frame.depth).numpy(), frame.image.numpy()
        assert (hit == expected["mask_pred"]).mean() >= HIT_SHARE
        both = hit & expected["mask_pred"]
        assert both.sum() > 20 and np.abs(image - expected["rgb"])[both].mean() <= COLOUR
        assert np.abs(frame.depth.numpy() - expected["depth_cam"])[both].max() <= DEPTH
        assert (image[~hit] == 1).all()
        normals = frame.extra["normals"].numpy()
        in_world = normals @ camera.camera_to_world[:3, :3].T
        cosine = (in_world * expected["normals_inward"]).sum(-1)
        assert cosine[both].min() > 1 - DEPTH and (normals[~hit] == 0).all()


@pytest.mark.parametrize(("name", "model"), MODELS[:2])
def test_field(shared: Path, name: str, model: int) -> None:
    opened, outputs = fixture(shared, name)
    expected = outputs["logit_grid"]
    half = 0.5 + MESH_PADDING[name] / 2
    places = torch.linspace(-half, half, expected.shape[0])
    points = torch.stack(torch.meshgrid(places, places, places, indexing="ij"), dim=-1).view(-1, 3)
    values = scene_of(opened).surface({"instance": model}).values(points)
    np.testing.assert_allclose(values.numpy(), expected.ravel(), atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("model", [0, 1])
def test_code_of_a_photograph(shared: Path, model: int) -> None:
    opened, outputs = fixture(shared, "dvr_cond")
    code = scene_of(opened).code({"instance": model})
    assert code is not None
    # Decoders of JPEG may differ by a level here and there.
    np.testing.assert_allclose(code.numpy(), outputs[f"m{model}_c"], atol=1e-4)


def test_vertices_of_their_mesh_lie_on_the_surface(shared: Path) -> None:
    opened, outputs = fixture(shared, "dvr_rgb")
    surface = scene_of(opened).surface({})
    vertices = torch.from_numpy(outputs["mesh_vertices"][::10])
    # Between the corners of their cells the field is taken for linear; logits of the cells go to 8 and more.
    assert float(surface.values(vertices).abs().median()) < 0.2
    np.testing.assert_allclose(
        surface.colours(vertices).numpy(), outputs["mesh_colors"][::10, :3] / 255, atol=1.01 / 255
    )
