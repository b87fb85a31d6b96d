"""Pictures of a scene of which most stays still, from a camera that does: only what can look different is traced again.

A ray's light changes only where something that moves is met by the ray itself, stands between its point and a lamp, or
is near enough to darken it; metal, which may mirror anything, is always traced again. So the pictures are those of
`raytracer.draw`, to the last bit but for rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.synthetic.raytracer import (
    LIFT,
    PROBES,
    Hits,
    RaytracedImage,
    first_hits,
    lamp_direction,
    may_hit,
    radiance,
    shadowed,
    sub_rays,
)
from app.synthetic.scene import Solid, SyntheticScene
from app.synthetic.shapes import Sphere, length
from engines.core.camera import Array, Camera, pixel_rays
from engines.core.data.images import to_srgb
from engines.core.engine import Stop, never_stop
from engines.core.errors import Cancelled

Group = tuple[Solid, ...]
"""Solids that move together, and lie close enough that one ball around them saves work."""


@dataclass(frozen=True)
class _Rays:
    """One ray of every pixel, and what it sees while nothing moves.

    Attributes:
        hits: of N rays.
        light: [N, 3] linear.
        seen: [M] numbers of the rays that hit something.
        points: [M, 3] what they hit, lifted off the surface as for shadow rays.
        metal: [K] numbers of the rays that hit metal.
    """

    directions: Array
    lamp_point: tuple[float, float]
    hits: Hits
    light: Array
    seen: Array
    points: Array
    metal: Array


class StillView:
    """A fixed camera before a still scene; `draw` adds what moves."""

    def __init__(self, scene: SyntheticScene, camera: Camera, samples: int = 2, stop: Stop = never_stop) -> None:
        """Draws the still scene.

        Raises:
            Cancelled: `stop` said so.
        """
        self._scene, self._camera, self._samples, self._stop = scene, camera, samples, stop
        self._rays: list[_Rays] = []
        for directions, lamp_point in sub_rays(camera, samples):
            if stop():
                raise Cancelled
            self._rays.append(_still_rays(scene, camera.position, directions, lamp_point))
        self._origin, directions = pixel_rays(camera)
        self._directions = directions.reshape(-1, 3)
        self._distance = first_hits(scene, self._origin[None], self._directions).distance
        total = sum((rays.light for rays in self._rays), np.zeros_like(self._directions))
        image = to_srgb(total / samples**2).astype(np.float32)
        depth = self._depth(self._distance)
        self.background = RaytracedImage(self._shaped(image), depth, np.isfinite(depth))
        """The picture without anything that moves."""

    def draw(self, groups: Sequence[Group]) -> RaytracedImage:
        """The picture with these solids; its mask is where the pixel's centre meets one of them.

        Raises:
            Cancelled: as the constructor.
        """
        scene = replace(self._scene, solids=(*self._scene.solids, *(solid for group in groups for solid in group)))
        retraced = []
        for rays in self._rays:
            if self._stop():
                raise Cancelled
            retraced.append(self._retraced(scene, rays, groups))
        pixels = np.flatnonzero(np.any([touched for touched, _ in retraced], axis=0))
        total = np.zeros((len(pixels), 3))
        for rays, (touched, fresh) in zip(self._rays, retraced, strict=True):
            light = rays.light[pixels]
            light[touched[pixels]] = fresh
            total += light
        image = self.background.image.reshape(-1, 3).copy()
        image[pixels] = to_srgb(total / self._samples**2)
        distance = self._distance.copy()
        for group in groups:
            near = may_hit(_hull(group), self._origin[None], self._directions)
            distance[near] = np.minimum(distance[near], self._first(group, self._directions[near]).distance)
        mask = (distance < self._distance).reshape(self.background.mask.shape)
        return RaytracedImage(self._shaped(image), self._depth(distance), mask)

    def _retraced(self, scene: SyntheticScene, rays: _Rays, groups: Sequence[Group]) -> tuple[Array, Array]:
        """[N] bool, whether a ray may see other light than while nothing moves; [K, 3] the light of those that may."""
        touched = np.zeros(len(rays.directions), dtype=bool)
        touched[rays.metal] = True
        hits, number = Hits(rays.hits.distance.copy(), rays.hits.index.copy()), len(self._scene.solids)
        for group in groups:
            near = may_hit(_hull(group), self._origin[None], rays.directions)
            found = self._first(group, rays.directions[near])
            closer = found.distance < hits.distance[near]
            touched[near[closer]] = True
            hits.distance[near[closer]] = found.distance[closer]
            hits.index[near[closer]] = number + found.index[closer]
            number += len(group)
            touched[rays.seen] |= self._darkened(rays, group)
        again = np.flatnonzero(touched)
        return touched, radiance(scene, self._origin, rays.directions[again], rays.lamp_point, hits[again])

    def _darkened(self, rays: _Rays, group: Group) -> Array:
        """[M] bool, whether a group takes light from the still point that a ray sees."""
        hull, result = _hull(group), np.zeros(len(rays.points), dtype=bool)
        for light in self._scene.lights:
            if light.casts_shadows:
                towards = lamp_direction(light, rays.lamp_point)
                near = np.flatnonzero(shadowed((hull,), rays.points, towards))
                result[near] |= shadowed(group, rays.points[near], towards)
        reach = 2 * max(height for height, _ in PROBES) * self._scene.crevice + LIFT
        offset = rays.points - hull.centre
        near = np.flatnonzero(np.einsum("ij,ij->i", offset, offset) < (hull.shape.radius + reach) ** 2)
        result[near] |= _beside(group, rays.points[near], reach)
        return result

    def _first(self, group: Group, directions: Array) -> Hits:
        """Where the camera's rays meet the group."""
        return first_hits(replace(self._scene, solids=group), self._origin[None], directions)

    def _depth(self, distance: Array) -> Array:
        depth = (distance * (self._directions @ self._camera.forward)).astype(np.float32)
        return np.asarray(depth.reshape(self._camera.size_px[::-1]))

    def _shaped(self, image: Array) -> Array:
        return image.reshape(*self._camera.size_px[::-1], 3)


def _still_rays(scene: SyntheticScene, origin: Array, directions: Array, lamp_point: tuple[float, float]) -> _Rays:
    hits = first_hits(scene, origin[None], directions)
    seen = np.flatnonzero(hits.index >= 0)
    points = origin + hits.distance[seen, None] * directions[seen]
    metal = []
    for number, solid in enumerate(scene.solids):
        on = np.flatnonzero(hits.index[seen] == number)
        if on.size:
            points[on] += LIFT * solid.shape.normals(solid.to_object(points[on])) @ solid.rotation.T
            if solid.material.metal > 0:
                metal.append(seen[on])
    light = radiance(scene, origin, directions, lamp_point, hits)
    none = np.zeros(0, dtype=np.int64)
    return _Rays(directions, lamp_point, hits, light, seen, points, np.concatenate([none, *metal]))


def _hull(group: Group) -> Solid:
    """A ball around all of a group's."""
    centres = np.array([solid.centre for solid in group])
    radii = np.array([solid.shape.radius for solid in group])
    low, high = (centres - radii[:, None]).min(axis=0), (centres + radii[:, None]).max(axis=0)
    pose = np.eye(4)
    pose[:3, 3] = (low + high) / 2
    return Solid("hull", Sphere(float((length(centres - pose[:3, 3]) + radii).max())), group[0].material, pose)


def _beside(group: Group, points: Array, reach: float) -> Array:
    """[N] bool, whether any of the group's solids is nearer than `reach`."""
    result = np.zeros(len(points), dtype=bool)
    for solid in group:
        rest = np.flatnonzero(~result)
        result[rest] = solid.shape.distance(solid.to_object(points[rest])) < reach
    return result
