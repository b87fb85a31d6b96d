"""A scene opened from the authors' files gives what their code gave."""

from pathlib import Path

import numpy as np
import pytest
import torch

from app.opening import Opened, open_scene
from engines.core.engine import never_stop
from tests.engines.dvr.fixtures import SAMPLES

HIT_SHARE = 0.998
"""Of the pixels, on which silhouettes agree: a ray that grazes the surface falls either way by rounding."""
COLOUR = 1 / 255
"""Mean, as a picture is kept in bytes."""
DEPTH = 1e-3


@pytest.fixture(scope="module")
def single(shared: Path) -> Opened:
    folder = shared / "golden" / "dvr" / "dvr_rgb"
    return open_scene(folder / "model.pt", folder / "data" / "scan1", "cpu", [f"ray_samples={SAMPLES['dvr_rgb']}"])


@pytest.mark.slow  # a picture of theirs takes a second on two cores, searched plainly
def test_picture_depth_and_normals(single: Opened, shared: Path) -> None:
    with np.load(shared / "golden" / "dvr" / "dvr_rgb" / "outputs.npz") as outputs:
        expected = {name: outputs[f"m0_{name}"][0] for name in ("mask_pred", "rgb", "depth_cam", "normals_inward")}
    camera = single.scene.cameras[0]
    frame = single.scene.render(camera, {}, never_stop)
    assert frame.depth is not None
    hit = torch.isfinite(frame.depth).numpy()
    assert (hit == expected["mask_pred"]).mean() >= HIT_SHARE
    both = hit & expected["mask_pred"]
    assert np.abs(frame.image.numpy() - expected["rgb"])[both].mean() <= COLOUR
    assert np.abs(frame.depth.numpy() - expected["depth_cam"])[both].max() <= DEPTH
    assert (frame.image.numpy()[~hit] == 1).all()
    in_world = frame.extra["normals"].numpy() @ camera.camera_to_world[:3, :3].T
    cosine = (in_world * expected["normals_inward"]).sum(-1)
    assert cosine[both].min() > 1 - DEPTH and (frame.extra["normals"].numpy()[~hit] == 0).all()


def test_field(single: Opened, shared: Path) -> None:
    with np.load(shared / "golden" / "dvr" / "dvr_rgb" / "outputs.npz") as outputs:
        expected = outputs["logit_grid"]
    # Evenly spaced over the cube with its padding.
    places = torch.linspace(-0.55, 0.55, expected.shape[0])
    points = torch.stack(torch.meshgrid(places, places, places, indexing="ij"), dim=-1).view(-1, 3)
    surface = single.scene.surface({})  # type: ignore[attr-defined]
    np.testing.assert_allclose(surface.values(points).numpy(), expected.ravel(), atol=2e-5, rtol=1e-5)
