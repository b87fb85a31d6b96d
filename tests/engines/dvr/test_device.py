"""Drawing and learning keep to the device that they are given, on machines without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from app.conformance.pretended_gpu import DEVICE, pretended_gpu
from app.synthetic.dvr_sample import dvr_sample, write_dvr_sample
from engines.core.formats import open_dataset
from engines.core.objective import Setup
from engines.core.storage.checkpoint import Checkpoint
from engines.dvr.config import DvrConfig, DvrOptions
from engines.dvr.network import Decoder, Dvr
from engines.dvr.scene import DvrScene, find_info
from engines.dvr.training import DvrObjective
from tests.engines.dvr.learning import CLASS, SMALL
from tests.engines.dvr.test_scene import facing, slab

SIDE = 12


def test_a_picture_is_drawn_on_the_device() -> None:
    config, plane = slab()
    config = config.model_copy(update={"n_blocks": 1})
    # A block of nothing leaves the plane.
    weights = {name: torch.zeros_like(tensor) for name, tensor in Dvr(config).state_dict().items()} | plane
    info, _ = find_info(Checkpoint("dvr", {}, 0, weights), None)
    with pretended_gpu(doubles=False):
        scene = DvrScene(config, weights, info, (), torch.device(DEVICE), DvrOptions(ray_samples=64))
        # First with the grid, which a single picture of this size would do without.
        audit = scene.audit(facing(side=SIDE), {}, SIDE**2)
        pictures = [scene.render(facing(distance, SIDE), {}) for distance in (2.0, -0.2)]
        assert audit.wrong == 0 and audit.points < audit.plain_points / 4
        for frame, expected in zip(pictures, (2.0, 0.0), strict=True):
            assert str(frame.image.device) == str(frame.extra["normals"].device) == DEVICE and frame.depth is not None
            torch.testing.assert_close(frame.depth.cpu(), torch.full((SIDE, SIDE), expected))
        # What goes into a file is the CPU's.
        assert {tensor.device.type for tensor in scene.derived().values()} == {"cpu"}


@pytest.mark.parametrize(
    "settings", [{"lambda_depth": 0.1, "depth_from_visual_hull": True, "patch_size": 2}, {**CLASS, "batch_size": 1}]
)
def test_a_step_is_taken_on_the_device(settings: dict[str, Any], tmp_path: Path) -> None:
    write_dvr_sample(tmp_path, dvr_sample(3, 24, views=3), samples=1)
    config = DvrConfig(**{**SMALL, "n_training_points": 256, **settings})
    with pretended_gpu(doubles=False):
        objective = DvrObjective(Setup("dvr", open_dataset(tmp_path), config, torch.device(DEVICE), 0))
        with torch.no_grad():
            become_plane(objective.network.decoder)
        objective.network.to(DEVICE)
        losses = objective.losses(objective.read(0))
        losses["total"].backward()
        assert all(str(loss.device) == DEVICE for loss in losses.values()) and float(losses["rgb"].detach()) > 0
        assert all(parameter.grad is not None for parameter in objective.network.parameters())


def become_plane(decoder: Decoder) -> None:
    """Occupied where x < 0, so that rays meet something."""
    for features, sign in ((0, 1.0), (1, -1.0)):
        decoder.fc_p.weight[features] = torch.tensor([8 * sign, 0.0, 0.0])
    decoder.fc_p.bias[:2] = 0
    decoder.fc_out.weight[0] = 0
    decoder.fc_out.weight[0, :2] = torch.tensor([-1.0, 1.0])
    decoder.fc_out.bias[0] = 0
