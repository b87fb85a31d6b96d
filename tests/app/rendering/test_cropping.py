"""Frames that are cropped: by opacity, by a plain background, by depth alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from app.rendering.compositing import over, straight
from app.rendering.crop_box import CropBox
from app.rendering.cropping import Cropping, offered_channels, soft_outline
from engines.core.camera import Camera
from engines.core.engine import Stop, never_stop
from engines.core.frame import Frame
from tests.app.ball_scene import BallScene, draw_ball, ring

UPPER = CropBox((-1.0, -1.0, 0.2), (1.0, 1.0, 1.0))
ALL = CropBox((-1.1, -1.1, -1.1), (1.1, 1.1, 1.1))
CAMERA = ring(1, (64, 48))[0]


class OpaqueBall(BallScene):
    """The ball on white, whose background has an invented depth: as networks draw that know no opacity."""

    channels: tuple[str, ...] = ("rgb", "depth", "normals")

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        frame = super().render(camera, controls, stop)
        assert frame.depth is not None
        hit = frame.depth.isfinite()
        image = torch.where(hit[..., None], 0.6 * frame.image, 1.0)
        return Frame(image, torch.where(hit, frame.depth, 3.9), {"normals": frame.extra["normals"]})


def cropped(scene: BallScene, box: CropBox, camera: Camera = CAMERA) -> Frame:
    return Cropping(scene).to(box)(scene.render(camera, {}, never_stop), camera)


def heights() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """[H, W] whether the ball is seen, and how high the point is that is."""
    normals = draw_ball(CAMERA).extra["normals"].numpy()
    return np.abs(normals).max(axis=2) > 0, normals[..., 2]


def test_what_lies_outside_is_transparent_and_the_rest_as_it_was() -> None:
    frame, whole = cropped(BallScene(), UPPER), draw_ball(CAMERA)
    hit, height = heights()
    kept = hit & (height > 0.2)
    alpha = frame.extra["alpha"].numpy()
    sure = np.abs(height - 0.2) > 1e-4
    np.testing.assert_array_equal(alpha[sure] > 0, kept[sure])
    assert 0.05 < kept.mean() < 0.6 * hit.mean()
    np.testing.assert_array_equal(frame.image[alpha > 0], whole.image[alpha > 0])
    assert frame.depth is not None and (frame.depth[alpha == 0]).isinf().all() and (frame.image[alpha == 0] == 0).all()
    assert (frame.extra["normals"][alpha == 0] == 0).all() and tuple(frame.extra) == ("normals", "alpha")


def test_a_box_around_all_leaves_an_opacity_as_it_is() -> None:
    frame, whole = cropped(BallScene(), ALL), draw_ball(CAMERA)
    assert torch.equal(frame.extra["alpha"], whole.extra["alpha"])


def test_a_plain_background_is_transparent_whatever_depth_it_has() -> None:
    """3.9 from the camera lies within the box: without the background's colour it would be a wall."""
    scene = OpaqueBall()
    frame = cropped(scene, ALL)
    hit, _ = heights()
    assert frame.backdrop == (1.0, 1.0, 1.0) and offered_channels(scene, ALL)[-1] == "alpha"
    alpha = frame.extra["alpha"].numpy()
    # Between pixels that are of one kind alone nothing is soft.
    assert ((alpha > 0.5) == hit).mean() > 0.995 and (alpha[~hit] < 0.5).all()
    on_blue, colours = over(frame, "#0000ff").image, straight(frame).image
    assert torch.equal(on_blue[alpha == 0], torch.tensor([0.0, 0.0, 1.0]).expand(int((alpha == 0).sum()), 3))
    assert torch.equal(colours[alpha == 1], scene.render(CAMERA, {}, never_stop).image[alpha == 1])


def test_the_background_is_known_by_where_the_scene_begins_alone() -> None:
    """A ball that fills the picture: nothing at its rim tells a background, and no picture before does."""
    scene = OpaqueBall()
    near = CAMERA.scaled(1.0).cropped(8, 2, 40, 40)
    assert cropped(scene, ALL, near).backdrop == cropped(scene, ALL).backdrop == (1.0, 1.0, 1.0)
    first, again = (cropped(OpaqueBall(), ALL, near).extra["alpha"] for _ in range(2))
    assert torch.equal(first, again)


def test_without_a_plain_background_depth_alone_decides() -> None:
    class Walled(OpaqueBall):
        def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
            frame = super().render(camera, controls, stop)
            noise = torch.rand(frame.image.shape, generator=torch.Generator().manual_seed(0))
            return Frame(torch.where(frame.image == 1, noise, frame.image), frame.depth, frame.extra)

    frame = cropped(Walled(), UPPER)
    hit, height = heights()
    assert frame.backdrop == (0.0, 0.0, 0.0)
    alpha = frame.extra["alpha"].numpy()
    assert set(np.unique(alpha)) == {0.0, 1.0} and (alpha[hit & (height > 0.21)] == 1).all()
    assert (alpha[hit & (height < 0.19)] == 0).all()


def test_a_scene_without_a_depth_is_not_cropped() -> None:
    class Flat(BallScene):
        channels: tuple[str, ...] = ("rgb",)

    frame = Frame(torch.rand(4, 4, 3))
    scene = Flat()
    assert Cropping(scene).to(ALL)(frame, CAMERA) is frame
    assert offered_channels(scene, ALL) == ("rgb",) and not scene.rendered


def test_an_outline_is_as_opaque_as_it_differs_from_the_background() -> None:
    """A black bar on white whose rims are blurred over three pixels: 0.25, 0.5 (its own), 0.75 black."""
    cover = np.array([0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 0.75, 0.5, 0.25, 0, 0, 0], dtype=np.float32)
    row = 1 - cover
    image = np.repeat(np.repeat(row[None, :, None], 7, axis=0), 3, axis=2)
    background = np.repeat((cover < 0.5)[None], 7, axis=0)
    alpha = soft_outline(image, np.ones(3), background)
    np.testing.assert_allclose(alpha[3], cover, atol=1e-6)
    # White of the object's own at its rim is no hole in it.
    image[:, 4] = 0.95
    assert (soft_outline(image, np.ones(3), background)[:, 4] == 1).all()
