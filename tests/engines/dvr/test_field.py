"""The field of a step: each object by its code."""

from __future__ import annotations

import pytest
import torch

from app.conformance.pretended_gpu import DEVICE, pretended_gpu
from engines.dvr import field as field_module
from engines.dvr.config import DvrConfig
from engines.dvr.field import RayField
from engines.dvr.inference import PackedLayers
from engines.dvr.marching import RaySampling
from engines.dvr.network import Decoder, Dvr
from engines.dvr.pruned_march import LearntGrid
from tests.engines.dvr.test_pruned_march import rays

COUNTS, SAMPLING = [200, 0, 100], RaySampling(32, 6)


def of_class(counts: list[int]) -> RayField:
    torch.manual_seed(2)
    network = Dvr(DvrConfig(hidden_size=24, n_blocks=2, c_dim=4, encoder="idx", num_instances=3))
    with torch.no_grad():
        for parameter in network.decoder.parameters():
            torch.nn.init.normal_(parameter, 0, 0.4)
        network.decoder.fc_p.weight.mul_(8)
        assert network.encoder is not None
        codes = network.encoder(torch.arange(3))
    return RayField(network.decoder, codes, torch.arange(3).repeat_interleave(torch.tensor(counts)), counts)


def test_each_object_of_a_class_has_its_own_surface_pruned_or_not() -> None:
    field, (origins, directions) = of_class(COUNTS), rays(sum(COUNTS))
    plain = field.search(origins, directions, SAMPLING, 0.0, None)
    pruned = field.search(origins, directions, SAMPLING, 0.0, LearntGrid())
    assert torch.equal(plain.hit, pruned.hit) and torch.equal(plain.starts_inside, pruned.starts_inside)
    torch.testing.assert_close(pruned.distances[pruned.hit], plain.distances[plain.hit], rtol=1e-4, atol=1e-4)
    assert 20 < int(plain.hit.sum()) < sum(COUNTS)
    points = origins + pruned.distances[:, None] * directions
    hit = pruned.hit.nonzero()[:, 0]
    # Each on the zero of its own object; the secant method ends a little beside it.
    assert float(field.logits(points[hit], hit).detach().abs().median()) < 1e-3


@pytest.mark.parametrize("wrong", [False, True])
def test_a_gpu_is_waited_for_once_for_all_objects(wrong: bool) -> None:
    field, (origins, directions), grid = of_class(COUNTS), rays(sum(COUNTS)), LearntGrid()
    if wrong:
        # Of a ball: what else there is lies in cells that it calls empty.
        grid.renew(lambda points: 400 * (0.3 - points.norm(dim=-1)), torch.device("cpu"))
    plain = field.search(origins, directions, SAMPLING, 0.0, grid)
    with pretended_gpu() as waits:
        device = torch.device(DEVICE)
        assert field.codes is not None
        there = RayField(field.decoder.to(device), field.codes.to(device), field.objects.to(device), COUNTS)
        grid.restore(grid.state(), device)
        of_rays = origins.to(device), directions.to(device)
        before = waits.count
        found = there.search(*of_rays, SAMPLING, 0.0, grid)
        # Eight waves, and the hits.
        assert wrong or waits.count - before == 9, waits.by_place
        hit, starts_inside, distances = found.hit.cpu(), found.starts_inside.cpu(), found.distances.cpu()
    assert torch.equal(hit, plain.hit) and torch.equal(starts_inside, plain.starts_inside)
    torch.testing.assert_close(distances[hit], plain.distances[plain.hit], rtol=1e-4, atol=1e-4)


def test_a_steps_weights_are_packed_once_for_all_its_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = list[Decoder]()

    def counted(decoder: Decoder) -> PackedLayers:
        packed.append(decoder)
        return PackedLayers(decoder)

    monkeypatch.setattr(field_module, "PackedLayers", counted)
    field = of_class(COUNTS)
    field.search(*rays(sum(COUNTS)), SAMPLING, 0.0, None)
    assert packed == [field.decoder]


@pytest.mark.parametrize("grid", [None, LearntGrid()])
def test_no_rays_have_no_hits(grid: LearntGrid | None) -> None:
    found = of_class([0, 0, 0]).search(torch.zeros(0, 3), torch.zeros(0, 3), SAMPLING, 0.0, grid)
    assert found.hit.shape == found.distances.shape == (0,)
