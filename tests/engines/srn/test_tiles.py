"""Rays marched in tiles against the same rays marched each on its own."""

from __future__ import annotations

import pytest
import torch

from engines.core.camera import Camera
from engines.core.errors import Cancelled
from engines.srn import tiles
from engines.srn.scene import SrnScene
from engines.srn.tiles import PixelRays, tiles_by_chance
from tests.engines.srn.test_equality import ONE_LEVEL, random_scene, small_camera

# Wider and higher than three tiles, and no multiple of one.
SIZE_PX = (104, 70)


@pytest.fixture(scope="module")
def scene() -> SrnScene:
    return random_scene(fit_single_srn=True)[0]


def wide_camera() -> Camera:
    return Camera(small_camera().camera_to_world, (180.0, 180.0), (52.0, 35.0), SIZE_PX)


def test_pictures_are_those_of_rays_on_their_own(scene: SrnScene) -> None:
    camera = wide_camera()
    in_tiles = scene.render(camera)
    on_their_own = scene.draw(camera, {}, torch.full((SIZE_PX[1], SIZE_PX[0]), scene.options.initial_depth))
    assert (in_tiles.image - on_their_own.image).abs().max() <= ONE_LEVEL / 4
    assert in_tiles.depth is not None
    assert on_their_own.depth is not None
    apart = (in_tiles.depth - on_their_own.depth).abs().max()
    # Nothing is left out: they do differ, and by less than a pixel's size.
    assert 0 < apart < 0.1 / 180


def test_fewer_points_are_looked_at(scene: SrnScene) -> None:
    audit = scene.audit(wide_camera(), {}, 128)
    assert (audit.rays, audit.wrong, audit.plain_points) == (128, 0, 11)
    assert audit.points < 10


def test_an_audit_tells_wrong_rays(scene: SrnScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "BEND", 1000.0)
    monkeypatch.setattr(tiles, "STATE_BEND", 1000.0)
    assert scene.audit(wide_camera(), {}, 128).wrong > 10


def test_parts_of_a_picture_are_what_the_whole_is(scene: SrnScene) -> None:
    """Also where a tile has few of the pixels, some now and some later."""
    rays = PixelRays(wide_camera(), torch.device("cpu"))
    with torch.inference_mode():
        phi = scene._scene({})
        whole = scene._new_tiles(rays, phi).distances(torch.arange(SIZE_PX[0] * SIZE_PX[1]))
        mixed = torch.randperm(len(whole), generator=torch.Generator().manual_seed(0))
        march = scene._new_tiles(rays, phi)
        evaluated = []
        for part in (mixed[:100], mixed[100:3000], mixed[3000:]):
            torch.testing.assert_close(march.distances(part), whole[part], rtol=0, atol=2e-4)
            evaluated.append(march.evaluated)
        again = scene._new_tiles(rays, phi)
        again.distances(mixed[3000:])
    # What the second part has learnt of the tiles the third doesn't do again.
    assert evaluated[2] - evaluated[1] < again.evaluated


def test_tiles_by_chance_are_whole() -> None:
    pixels, looked_at = tiles_by_chance(SIZE_PX, 128)
    columns, rows = pixels % SIZE_PX[0], pixels // SIZE_PX[0]
    seen = {(int(c), int(r)) for c, r in zip(columns // tiles.TILE_PX, rows // tiles.TILE_PX, strict=True)}
    assert len(seen) == 2
    assert len(pixels) == sum(
        min(32, SIZE_PX[0] - 32 * column) * min(32, SIZE_PX[1] - 32 * row) for column, row in seen
    )
    assert len(looked_at.unique()) == 128
    assert int(looked_at.max()) < len(pixels)


def test_stop_is_asked_between_steps(scene: SrnScene) -> None:
    asked: list[int] = []

    def stop() -> bool:
        asked.append(0)
        return len(asked) > 5

    with pytest.raises(Cancelled):
        scene.render(wide_camera(), stop=stop)
    assert len(asked) == 6
