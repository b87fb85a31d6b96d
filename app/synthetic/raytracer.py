"""Pictures of a synthetic scene: first hits, direct light with shadows, occlusion of the light from all around."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.synthetic.scene import Light, Solid, SyntheticScene
from app.synthetic.shapes import unit
from engines.core.camera import Array, Camera, pixel_rays
from engines.core.data.images import to_linear, to_srgb
from engines.core.engine import Stop, never_stop
from engines.core.errors import Cancelled

# Shadow rays start this far off the surface, world units: well above the error of a hit, invisible in a picture.
LIFT = 1e-5
# Distances from the surface at which occlusion is probed, world units, and what each probe weighs.
PROBES = ((0.012, 0.35), (0.035, 0.35), (0.08, 0.30))
# Reflectance of a dielectric seen head on (Schlick 1994).
HEAD_ON = 0.04
# Times that metal mirrors what is around it.
BOUNCES = 1
# Rays that are traced together: more leave the processor's caches, fewer waste time between calls.
RAYS_AT_ONCE = 65536


@dataclass(frozen=True)
class RaytracedImage:
    """What a camera sees.

    Attributes:
        image: [H, W, 3] float32 sRGB, anti-aliased.
        depth: [H, W] float32 of the pixel's centre along +z, world units; +inf where nothing is hit.
        mask: [H, W] bool, where the pixel's centre hits something.
    """

    image: Array
    depth: Array
    mask: Array


@dataclass(frozen=True)
class Hits:
    """First hits of N rays: `distance` [N], +inf without one, and `index` [N] of the solid, -1 without one."""

    distance: Array
    index: Array

    def __getitem__(self, rays: slice | Array) -> Hits:
        """The hits of some of the N rays: of a slice, of indices, or where a mask [N] is true."""
        return Hits(self.distance[rays], self.index[rays])


def draw(scene: SyntheticScene, camera: Camera, samples: int = 2, stop: Stop = never_stop) -> RaytracedImage:
    """The picture with `samples` x `samples` rays a pixel; depth and mask by the centre's ray.

    Raises:
        Cancelled: `stop` said so.
    """
    width, height = camera.size_px
    origin, directions = pixel_rays(camera)
    distance = first_hits(scene, origin[None], directions.reshape(-1, 3)).distance.reshape(height, width)
    depth = (distance * (directions @ camera.forward)).astype(np.float32)
    total = np.zeros((height * width, 3))
    for rays, lamp_point in sub_rays(camera, samples):
        if stop():
            raise Cancelled
        total += radiance(scene, origin, rays, lamp_point)
    image = to_srgb(total / samples**2).reshape(height, width, 3).astype(np.float32)
    return RaytracedImage(image, depth, np.isfinite(depth))


def sub_rays(camera: Camera, samples: int) -> Iterator[tuple[Array, tuple[float, float]]]:
    """Directions [H * W, 3] and the part of lamps to look at, for each of `samples` x `samples` places in a pixel."""
    for row in range(samples):
        for column in range(samples):
            offset = ((column + 0.5) / samples - 0.5, (row + 0.5) / samples - 0.5)
            centre = (camera.centre_px[0] - offset[0], camera.centre_px[1] - offset[1])
            _, directions = pixel_rays(replace(camera, centre_px=centre))
            yield directions.reshape(-1, 3), (2 * offset[0], 2 * offset[1])


def first_hits(scene: SyntheticScene, origins: Array, directions: Array) -> Hits:
    """What rays meet first.

    Args:
        origins: [N, 3], or [1, 3] for all.
        directions: [N, 3], unit length.
    """
    distance = np.full(len(directions), np.inf)
    index = np.full(len(directions), -1, dtype=np.int64)
    for number, solid in enumerate(scene.solids):
        near = may_hit(solid, origins, directions)
        found = _hit(solid, origins, directions, near)
        closer = found < distance[near]
        distance[near[closer]] = found[closer]
        index[near[closer]] = number
    return Hits(distance, index)


def radiance(
    scene: SyntheticScene,
    origin: Array,
    directions: Array,
    lamp_point: tuple[float, float],
    hits: Hits | None = None,
) -> Array:
    """[N, 3] linear light that comes along rays from one point.

    Args:
        origin: [3].
        directions: [N, 3], unit length.
        lamp_point: in [-1, 1]^2, the part of every lamp that these rays look at.
        hits: of these rays, where that is known already.
    """
    result = np.tile(to_linear(np.array(scene.background)), (len(directions), 1))
    for begin in range(0, len(directions), RAYS_AT_ONCE):
        part = slice(begin, begin + RAYS_AT_ONCE)
        here = first_hits(scene, origin[None], directions[part]) if hits is None else hits[part]
        result[part] = _arriving(scene, origin[None], directions[part], here, lamp_point, result[part], BOUNCES)
    return result


def _arriving(
    scene: SyntheticScene,
    origins: Array,
    directions: Array,
    hits: Hits,
    lamp_point: tuple[float, float],
    beyond: Array,
    bounces: int,
) -> Array:
    """[N, 3] linear light along rays; `beyond` [N, 3] for those that hit nothing."""
    seen = np.flatnonzero(hits.index >= 0)
    starts = origins if len(origins) == 1 else origins[seen]
    points = starts + hits.distance[seen, None] * directions[seen]
    result = beyond.copy()
    result[seen] = _shade(scene, points, directions[seen], hits.index[seen], lamp_point, bounces)
    return result


def _shade(
    scene: SyntheticScene,
    points: Array,
    directions: Array,
    index: Array,
    lamp_point: tuple[float, float],
    bounces: int,
) -> Array:
    """[N, 3] linear light that leaves surface points [N, 3] against the viewing directions [N, 3]."""
    normals, albedo, shine = _surface(scene, points, index)
    gloss, sharpness, metal = shine.T[:, :, None]
    facing = -np.einsum("ij,ij->i", normals, directions)[:, None]
    open_to_sky = _openness(scene, points, normals)[:, None]
    mirrored = directions + 2 * facing * normals
    around = _ambient(scene, mirrored) * open_to_sky
    polished = np.flatnonzero(shine[:, 2] > 0)
    if bounces and polished.size:
        start, onward = points[polished] + LIFT * normals[polished], mirrored[polished]
        hits, beyond = first_hits(scene, start, onward), _ambient(scene, onward)
        around[polished] = _arriving(scene, start, onward, hits, lamp_point, beyond, bounces - 1)
    fresnel = HEAD_ON + (1 - HEAD_ON) * (1 - np.clip(facing, 0, 1)) ** 5
    tint = 1 + metal * (albedo - 1)
    result = albedo * (1 - 0.7 * metal) * _ambient(scene, normals) * open_to_sky
    result += gloss * (fresnel + metal) * tint * around
    for light in scene.lights:
        towards = lamp_direction(light, lamp_point)
        lit = np.clip(normals @ towards, 0, None)
        if light.casts_shadows:
            facing_lamp = np.flatnonzero(lit > 0)
            dark = shadowed(scene.solids, points[facing_lamp] + LIFT * normals[facing_lamp], towards)
            lit[facing_lamp[dark]] = 0
        half = unit(towards - directions)
        highlight = np.clip(np.einsum("ij,ij->i", normals, half), 0, 1)[:, None] ** sharpness
        highlight *= gloss * (lit > 0)[:, None]
        result += (albedo * (1 - 0.5 * metal) * lit[:, None] + tint * highlight) * np.array(light.colour)
    return np.asarray(result)


def _surface(scene: SyntheticScene, points: Array, index: Array) -> tuple[Array, Array, Array]:
    """[N, 3] world normals, [N, 3] linear colours, [N, 3] (gloss, sharpness, metal) of hit points."""
    normals, albedo, shine = np.zeros_like(points), np.zeros_like(points), np.zeros_like(points)
    for number, solid in enumerate(scene.solids):
        on = np.flatnonzero(index == number)
        if on.size:
            local = solid.to_object(points[on])
            local_normals = solid.shape.normals(local)
            normals[on] = local_normals @ solid.rotation.T
            albedo[on] = to_linear(solid.material.texture.colours(local, local_normals))
            shine[on] = (solid.material.gloss, solid.material.sharpness, solid.material.metal)
    return normals, albedo, shine


def _openness(scene: SyntheticScene, points: Array, normals: Array) -> Array:
    """[N] in [0, 1], how much of the surroundings a point sees: distances to solids, probed along the normal."""
    result = np.ones(len(points))
    probes = [(height * scene.crevice, weight) for height, weight in PROBES]
    reach = max(height for height, _ in probes)
    nearest = {height: np.full(len(points), height) for height, _ in probes}
    square = np.einsum("ij,ij->i", points, points)
    for solid in scene.solids:
        centre = solid.centre
        close = np.flatnonzero(square - 2 * (points @ centre) + centre @ centre < (solid.shape.radius + 2 * reach) ** 2)
        local, outward = solid.to_object(points[close]), normals[close] @ solid.rotation
        for height, distances in nearest.items():
            distances[close] = np.minimum(distances[close], solid.shape.distance(local + height * outward))
    for height, weight in probes:
        result -= weight * (1 - np.clip(nearest[height], 0, None) / height)
    return result


def shadowed(solids: Sequence[Solid], points: Array, towards: Array) -> Array:
    """[N] whether something stands between each point [N, 3] and a distant lamp in the unit direction [3]."""
    result = np.zeros(len(points), dtype=bool)
    across, other = _basis(towards)
    # Along the lamp's light a solid's ball is a disc.
    u, v, height = points @ across, points @ other, points @ towards
    directions = np.broadcast_to(towards, points.shape)
    for solid in solids:
        centre, radius = solid.centre, solid.shape.radius
        in_disc = (u - centre @ across) ** 2 + (v - centre @ other) ** 2 <= radius**2
        near = np.flatnonzero(in_disc & ~result & (height <= centre @ towards + radius))
        result[near] = np.isfinite(_hit(solid, points, directions, near))
    return result


def may_hit(solid: Solid, origins: Array, directions: Array) -> Array:
    """Indices of the rays (origins [N, 3] or [1, 3], directions [N, 3]) that meet the ball around a solid."""
    offset = solid.centre - origins
    if len(offset) == 1:
        along, square = directions @ offset[0], offset[0] @ offset[0]
    else:
        along, square = np.einsum("ij,ij->i", offset, directions), np.einsum("ij,ij->i", offset, offset)
    radius = solid.shape.radius
    return np.flatnonzero((square - along * along <= radius**2) & ((along > 0) | (square <= radius**2)))


def _hit(solid: Solid, origins: Array, directions: Array, rays: Array) -> Array:
    """[M] distances at which the chosen `rays` [M] meet one solid."""
    start = solid.to_object(origins if len(origins) == 1 else origins[rays])
    local = directions[rays] @ solid.rotation
    return solid.shape.hit(np.broadcast_to(start, local.shape), local)


def _ambient(scene: SyntheticScene, directions: Array) -> Array:
    """[N, 3] light from all around as it comes from (or falls on a surface that faces) each direction."""
    up = (0.5 + 0.5 * directions[:, 2:]).clip(0, 1)
    return np.asarray(np.array(scene.ground) * (1 - up) + np.array(scene.sky) * up)


def lamp_direction(light: Light, lamp_point: tuple[float, float]) -> Array:
    """[3] unit direction to one part of a lamp."""
    middle = np.array(light.towards) / np.linalg.norm(light.towards)
    across, other = _basis(middle)
    shifted = middle + light.spread * (lamp_point[0] * across + lamp_point[1] * other)
    return np.asarray(shifted / np.linalg.norm(shifted))


def _basis(direction: Array) -> tuple[Array, Array]:
    """Two unit vectors [3] that stand upright on a unit vector and on each other."""
    across = np.cross(direction, [0.0, 0.0, 1.0] if abs(direction[2]) < 0.9 else [1.0, 0.0, 0.0])
    across /= np.linalg.norm(across)
    return across, np.cross(direction, across)
