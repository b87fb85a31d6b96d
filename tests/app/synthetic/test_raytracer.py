from __future__ import annotations

import numpy as np
import pytest

from app.synthetic.arrangement import still_life
from app.synthetic.materials import Material, Plain
from app.synthetic.raytracer import draw, first_hits
from app.synthetic.scene import Light, Solid, SyntheticScene, placed
from app.synthetic.shapes import Box, Sphere, unit
from app.synthetic.viewpoints import hemisphere_cameras
from engines.core.camera import Array, Camera, look_at, pixel_rays, project
from engines.core.data.images import to_linear, to_srgb
from engines.core.errors import Cancelled

GREY = Material(Plain((0.5, 0.5, 0.5)), gloss=0.0)


def camera(eye: tuple[float, float, float], size_px: int = 33) -> Camera:
    """A view of the origin; an odd size has a pixel in the very middle."""
    pose = look_at(np.array(eye), np.zeros(3), np.array([0.0, 0.0, 1.0]))
    return Camera(pose, (size_px * 1.0, size_px * 1.0), (size_px / 2, size_px / 2), (size_px, size_px))


def alone(solid: Solid, lights: tuple[Light, ...] = ()) -> SyntheticScene:
    return SyntheticScene((solid,), lights)


def test_depth_is_along_the_optical_axis_not_along_the_ray() -> None:
    wall = alone(Solid("wall", Box((0.1, 0.4, 0.4)), GREY, placed((0, 0, 0))))
    picture = draw(wall, camera((2, 0, 0)), samples=1)
    assert picture.depth.dtype == np.float32
    assert np.isinf(picture.depth[~picture.mask]).all()
    assert picture.depth[picture.mask] == pytest.approx(1.9, abs=1e-6)
    # 0.8 wide at a distance of 1.9, focal length 33: 13.9 pixels, so 13 centres a side
    assert picture.mask.sum() == 13 * 13


def test_pose_of_a_solid_is_respected() -> None:
    turned = alone(Solid("box", Box((0.1, 0.2, 0.3)), GREY, placed((0.5, 0, 0), turn_deg=90)))
    depth = draw(turned, camera((3, 0, 0)), samples=1).depth
    assert depth[16, 16] == pytest.approx(3 - 0.5 - 0.2, abs=1e-6)
    tilted = alone(Solid("box", Box((0.1, 0.2, 0.3)), GREY, placed((0, 0, 0.1), turn_deg=90, tilt_deg=90)))
    # Tilted about its x, the box's z lies along -y; turned, that is +x.
    assert draw(tilted, camera((3, 0, 0)), samples=1).depth[16, 16] == pytest.approx(2.7, abs=1e-6)


def test_nearest_solid_wins_and_background_is_white() -> None:
    near = Solid("near", Sphere(0.1), Material(Plain((1.0, 0.0, 0.0)), 0.0), placed((0.4, 0, 0)))
    far = Solid("far", Sphere(0.3), Material(Plain((0.0, 0.0, 1.0)), 0.0), placed((-0.2, 0, 0)))
    picture = draw(SyntheticScene((near, far)), camera((2, 0, 0)), samples=2)
    assert picture.depth[16, 16] == pytest.approx(1.5, abs=1e-6)
    assert picture.image[16, 16, 0] > 0.4 and picture.image[16, 16, 2] < 0.1
    assert (picture.image[0, 0] == 1).all()
    assert picture.image.dtype == np.float32 and picture.image.min() >= 0 and picture.image.max() <= 1


def test_shadow_falls_where_the_lamp_is_hidden() -> None:
    floor = Solid("floor", Box((0.4, 0.4, 0.01)), GREY, placed((0, 0, -0.01)))
    ball = Solid("ball", Sphere(0.05), GREY, placed((0, 0, 0.25)))
    lamp = Light((1.0, 0.0, 1.0), (0.8, 0.8, 0.8))
    scene = SyntheticScene((floor, ball), (lamp,))
    view = camera((0.01, 0, 3), 129)
    image = draw(scene, view, samples=1).image[..., 0]

    def at(x: float, y: float) -> float:
        u, v = project(view, np.array([[x, y, 0.0]]))[0][0]
        return float(image[int(v), int(u)])

    # 45 degrees: the ball's shadow is as far from its foot as the ball is high.
    assert at(-0.25, 0) < 0.75 * at(-0.25, 0.15)
    assert at(0.25, 0) == pytest.approx(at(-0.25, 0.15), abs=0.02)


def test_lambert_worked_by_hand() -> None:
    floor = alone(Solid("floor", Box((0.4, 0.4, 0.01)), GREY, placed((0, 0, -0.01))), (Light((0, 3, 4), (1, 1, 1)),))
    dark = SyntheticScene(floor.solids, floor.lights, sky=(0, 0, 0), ground=(0, 0, 0))
    found = draw(dark, camera((0.01, 0, 2)), samples=1).image[16, 16]
    grey = float(to_linear(np.array(0.5)))
    assert found == pytest.approx(float(to_srgb(np.array(0.8 * grey))), abs=1e-6)


def surface_points(scene: SyntheticScene, view: Camera) -> tuple[Array, Array]:
    """[N, 3] what a view's depth says, in the world, and [N] that depth."""
    depth = draw(scene, view, samples=1).depth
    _, directions = pixel_rays(view)
    seen = np.isfinite(depth)
    along = depth[seen].astype(np.float64) / (directions[seen] @ view.forward)
    return view.position + along[:, None] * directions[seen], depth[seen]


def test_depths_of_two_views_agree() -> None:
    scene = still_life(4)
    one, *_, other = hemisphere_cameras(9, 64)
    points, depth = surface_points(scene, one)
    assert project(one, points)[1] == pytest.approx(depth, abs=1e-6)
    offset = points - other.position
    reach = np.linalg.norm(offset, axis=1)
    found = first_hits(scene, other.position[None], unit(offset)).distance
    # float32 depth leaves 1e-7; a point on a silhouette may slip past its own solid by that much.
    assert (found <= reach + 1e-5).mean() > 0.995
    visible = np.abs(found - reach) < 1e-5
    assert 0.3 < visible.mean() < 1
    # And by the other view's own depth picture, finer: apart from silhouettes it shows the same surface.
    finer = other.resized((256, 256))
    pixels, far = project(finer, points)
    depth_there = draw(scene, finer, samples=1).depth[tuple(pixels.astype(int)[:, ::-1].T)]
    assert (np.abs(depth_there - far)[visible] < 0.01).mean() > 0.9


def test_more_samples_only_smooth() -> None:
    scene, view = still_life(1), hemisphere_cameras(3, 48)[1]
    coarse, fine = draw(scene, view, 1), draw(scene, view, 3)
    assert (coarse.depth == fine.depth).all() and (coarse.mask == fine.mask).all()
    assert 0 < np.abs(coarse.image - fine.image).mean() < 0.03


def test_drawing_stops_when_asked() -> None:
    with pytest.raises(Cancelled):
        draw(still_life(0), hemisphere_cameras(1, 16)[0], stop=lambda: True)
