"""Networks that are like trained ones, made in the time that a benchmark has."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.dvr.config import DvrConfig
from engines.dvr.network import Decoder, Dvr
from tests.engines.dvr.shapes import thin_parts

STEPS, BATCH = 600, 4096


def fitted_network() -> Dvr:
    """128 features that have learnt `thin_parts` by what is inside and what isn't: the thin ones partly."""
    torch.manual_seed(0)
    network = Dvr(DvrConfig(hidden_size=128))
    optimiser = torch.optim.Adam(network.decoder.parameters(), 1e-3)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min(1, step / 20) * 0.5 ** (3 * step / STEPS))
    everywhere = (torch.rand(300_000, 3) - 0.5) * 1.1
    near = everywhere[thin_parts(everywhere) > -5]
    for _ in range(STEPS):
        points = torch.cat([_some(everywhere), _some(near) + 0.004 * torch.randn(BATCH // 2, 3)])
        inside = (thin_parts(points) > 0).float()
        loss = F.binary_cross_entropy_with_logits(network.decoder(points)[:, 0], inside)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return network.eval().requires_grad_(False)


def _some(points: Tensor) -> Tensor:
    return points[torch.randint(len(points), (BATCH // 2,))]


def widened(decoder: Decoder, times: int) -> Dvr:
    """The same field by so many times the features: each stands there so often, and counts so much less."""
    before = decoder.fc_p.out_features
    network = Dvr(DvrConfig(hidden_size=before * times, n_blocks=len(decoder.blocks)))
    state = {}
    for name, tensor in decoder.state_dict().items():
        features_in = name.endswith("weight") and not name.startswith("fc_p")
        wide = tensor if name.startswith("fc_out") else tensor.repeat_interleave(times, 0)
        state[name] = wide.repeat_interleave(times, 1) / times if features_in else wide
    network.decoder.load_state_dict(state)
    return network.eval().requires_grad_(False)
