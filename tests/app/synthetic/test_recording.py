from __future__ import annotations

import numpy as np
import pytest

from app.synthetic.motion import Crossing
from app.synthetic.raytracer import first_hits
from app.synthetic.recording import CAMERAS, COLUMNS, Recording, picture_size, recording
from app.synthetic.scene import Solid
from app.synthetic.shapes import unit
from engines.core.camera import Array, Camera, pixel_rays, project
from engines.core.paths.generators import faces_forward

SIZE_PX = (64, 32)
numbers = pytest.mark.parametrize("number", range(9))


def surface(solid: Solid, count: int = 40) -> Array:
    """[N, 3] points on it, world."""
    rng = np.random.default_rng(0)
    origins = 1.5 * solid.shape.radius * unit(rng.normal(size=(count, 3)))
    directions = unit(0.7 * solid.shape.radius * rng.uniform(-1, 1, (count, 3)) - origins)
    found = solid.shape.hit(origins, directions)
    on = np.isfinite(found)
    return np.asarray((origins[on] + found[on, None] * directions[on]) @ solid.rotation.T + solid.centre)


def fingerprint(scene: Recording) -> list[tuple[str, object, object, bytes]]:
    solids = (*scene.still.solids, *scene.moving(1))
    return [(s.name, s.shape, s.material, s.object_to_world.tobytes()) for s in solids]


def test_seed_and_number_decide() -> None:
    assert fingerprint(recording(5, 2, SIZE_PX)) == fingerprint(recording(5, 2, SIZE_PX))
    assert fingerprint(recording(5, 2, SIZE_PX)) != fingerprint(recording(5, 3, SIZE_PX))
    assert fingerprint(recording(5, 2, SIZE_PX)) != fingerprint(recording(6, 2, SIZE_PX))
    # A larger picture or more time steps are of the same scene.
    larger = recording(5, 2, (128, 64), steps=48)
    assert len(larger.still.solids) == len(recording(5, 2, SIZE_PX).still.solids)
    for one, other in zip(larger.moving(2), recording(5, 2, SIZE_PX).moving(1), strict=True):
        np.testing.assert_allclose(one.object_to_world, other.object_to_world)


@numbers
def test_the_motion_is_a_smooth_loop(number: int) -> None:
    scene = recording(1, number, SIZE_PX)
    assert len(scene.movers) >= 2
    places = np.array([[solid.object_to_world for solid in scene.moving(step)] for step in range(scene.steps + 1)])
    np.testing.assert_allclose(places[0], places[-1], atol=1e-9)
    # Where a car goes back to its beginning nobody sees it; all else moves a little at a time.
    steps = np.linalg.norm(np.diff(places[..., :3, 3], axis=0), axis=-1)
    assert np.percentile(steps, 95) < 0.45 and steps.mean() > 0.02


@numbers
def test_cars_turn_back_unseen(number: int) -> None:
    scene = recording(2, number, SIZE_PX)
    for mover in scene.movers:
        if isinstance(mover.motion, Crossing):
            for phase in (-mover.motion.start - 1e-6, -mover.motion.start + 1e-6):
                points = np.concatenate([surface(solid) for solid in mover.at(phase)])
                for camera in scene.cameras:
                    pixels, _ = project(camera, points)
                    assert ((pixels[:, 0] < -2) | (pixels[:, 0] > SIZE_PX[0] + 2)).all()


@numbers
def test_nothing_drives_through_anything(number: int) -> None:
    scene = recording(4, number, SIZE_PX)
    for phase in np.arange(8) / 8:
        groups = [mover.at(phase) for mover in scene.movers]
        for index, group in enumerate(groups):
            points = np.concatenate([surface(solid) for solid in group])
            low, high = points.min(axis=0), points.max(axis=0)
            others = [solid for at, other in enumerate(groups) if at != index for solid in other]
            for solid in (*scene.still.solids, *others):
                if (solid.centre + solid.shape.radius > low).all() and (solid.centre - solid.shape.radius < high).all():
                    # Wheels stand on rugs and carpets, which lie on the floor.
                    depth = -solid.shape.distance(solid.to_object(points)).min()
                    assert depth < 0.013, (scene.movers[index].name, solid.name)


@numbers
def test_every_ray_meets_something_in_reach(number: int) -> None:
    scene = recording(3, number, SIZE_PX)
    nearest, farthest = np.inf, 0.0
    for camera in (scene.cameras[0], scene.cameras[4], scene.cameras[5], scene.cameras[9]):
        origin, directions = pixel_rays(camera)
        found = first_hits(scene.still, origin[None], directions.reshape(-1, 3))
        assert (found.index >= 0).all()
        depth = found.distance * (directions.reshape(-1, 3) @ camera.forward)
        nearest, farthest = min(nearest, depth.min()), max(farthest, depth.max())
    # At 640 pixels, between neighbours in a row: what 32 planes can hold.
    one, other = scene.cameras[0], scene.cameras[2]
    baseline_px = np.linalg.norm(other.position - one.position) * one.focal_px[0] * 640 / SIZE_PX[0]
    assert 20 < baseline_px / nearest < 42
    assert 12 < baseline_px * (1 / nearest - 1 / farthest) < 36


def test_a_rig_of_two_rows_that_faces_one_way() -> None:
    cameras: tuple[Camera, ...] = recording(0, 0, SIZE_PX).cameras
    assert len(cameras) == CAMERAS == 10 and faces_forward(cameras)
    places = np.array([camera.position for camera in cameras]).reshape(COLUMNS, 2, 3).swapaxes(0, 1)
    assert (np.diff(places[..., 0], axis=1) > 0.08).all() and (np.diff(places[..., 0], axis=1) < 0.13).all()
    assert (places[0, :, 2] - places[1, :, 2] > 0.08).all() and np.ptp(places[..., 1]) < 0.03
    forward = np.array([camera.forward for camera in cameras])
    assert (forward @ forward.T).min() > np.cos(np.radians(2))
    # Not turned about the axis: the world's up is up in every picture.
    assert all(camera.down[2] < -0.95 and abs(camera.right[2]) < 0.02 for camera in cameras)
    assert len({camera.focal_px for camera in cameras}) == 1


@pytest.mark.parametrize(("width", "size"), [(320, (320, 176)), (640, (640, 360)), (100, (96, 56)), (16, (16, 16))])
def test_sizes_are_multiples_of_8_near_16_to_9(width: int, size: tuple[int, int]) -> None:
    assert picture_size(width) == size
