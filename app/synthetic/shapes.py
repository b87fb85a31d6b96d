"""Solid shapes about their own origin, z along their axis: where rays meet them, normals, distances.

All arrays are float64. Points, origins and directions are [N, 3] in the shape's own frame, directions of unit length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engines.core.camera import Array

# Divisors below this are replaced: a ray that runs along a face meets it nowhere in particular.
TINY = 1e-12
# Distance at which an iterated intersection counts as arrived; a Newton step then leaves about its square.
ARRIVED = 1e-7
# Rays that graze a surface creep; after this many steps they are within rounding of missing it.
MAX_STEPS = 160


class Shape(Protocol):
    """A closed solid."""

    @property
    def radius(self) -> float:
        """Radius of the smallest ball about the shape's origin that holds it."""
        ...

    def hit(self, origins: Array, directions: Array) -> Array:
        """[N] distance to the first crossing of the surface ahead of each origin; +inf where there is none."""
        ...

    def normals(self, points: Array) -> Array:
        """[N, 3] outward unit normals at points on the surface."""
        ...

    def distance(self, points: Array) -> Array:
        """[N] distance to the surface, negative inside."""
        ...


@dataclass(frozen=True)
class Sphere:
    """A ball."""

    radius: float

    def hit(self, origins: Array, directions: Array) -> Array:
        """[N] distances along rays from origins [N, 3], by the quadratic equation; +inf where they miss."""
        return first_ahead(*_ball_interval(origins, directions, self.radius))

    def normals(self, points: Array) -> Array:
        """[N, 3] directions from the middle to points [N, 3]."""
        return unit(points)

    def distance(self, points: Array) -> Array:
        """[N] distances of points [N, 3] from the surface, negative inside."""
        return length(points) - self.radius


@dataclass(frozen=True)
class Box:
    """A box with edges of 2 * `half`, rounded by `rounding` (0: sharp), which does not make it larger."""

    half: tuple[float, float, float]
    rounding: float = 0.0

    @property
    def radius(self) -> float:
        core = np.array(self.half) - self.rounding
        return float(np.linalg.norm(core)) + self.rounding

    def hit(self, origins: Array, directions: Array) -> Array:
        """[N] distances along rays from origins [N, 3] to the faces, or to the rounding of their edges."""
        safe = np.where(np.abs(directions) < TINY, TINY, directions)
        half = np.array(self.half)
        one, other = (-half - origins) / safe, (half - origins) / safe
        near = largest(np.minimum(one, other))
        far = -largest(-np.maximum(one, other))
        sharp = first_ahead(np.where(near <= far, near, np.inf), np.where(near <= far, far, np.inf))
        if self.rounding == 0:
            return sharp
        return self._hit_rounded(origins, directions, np.maximum(near, 0), sharp)

    def _hit_rounded(self, origins: Array, directions: Array, start: Array, sharp: Array) -> Array:
        """Newton's method from where the ray enters the sharp box.

        The distance to a convex solid is convex along a ray, so the steps never pass the surface, and a distance that
        grows says that the ray misses. A ray that begins inside is given the sharp box's wall.
        """
        result = np.where(np.isfinite(sharp), np.inf, sharp)
        active = np.flatnonzero(np.isfinite(sharp))
        t, o, d = start[active], origins[active], directions[active]
        inside = self.distance(o + t[:, None] * d) < -ARRIVED
        result[active[inside]] = sharp[active[inside]]
        active, t, o, d = active[~inside], t[~inside], o[~inside], d[~inside]
        for _ in range(MAX_STEPS):
            points = o + t[:, None] * d
            distance = self.distance(points)
            slope = (self.normals(points) * d).sum(axis=1)
            arrived = distance < TINY
            result[active[arrived]] = t[arrived]
            going = ~arrived & (slope < -TINY)
            if not going.any():
                break
            t = t[going] - distance[going] / slope[going]
            active, o, d = active[going], o[going], d[going]
        return np.where(result > 0, result, np.inf)

    def normals(self, points: Array) -> Array:
        """[N, 3] of points [N, 3]: out of the nearest face; where edges are rounded, away from the core."""
        if self.rounding > 0:
            core = np.array(self.half) - self.rounding
            return unit(points - np.clip(points, -core, core))
        beyond = np.abs(points) - self.half
        axis = beyond.argmax(axis=1)
        rows = np.arange(len(points))
        normals = np.zeros_like(points)
        normals[rows, axis] = np.where(points[rows, axis] < 0, -1.0, 1.0)
        return normals

    def distance(self, points: Array) -> Array:
        """[N] distances of points [N, 3] from the rounded surface, negative inside."""
        beyond = np.abs(points) - (np.array(self.half) - self.rounding)
        outside = length(np.maximum(beyond, 0))
        return np.asarray(outside + np.minimum(largest(beyond), 0) - self.rounding)


@dataclass(frozen=True)
class Cone:
    """A cone, a truncated one, or (both radii equal) a cylinder, with flat ends at z = -+ `height` / 2."""

    bottom_radius: float
    top_radius: float
    height: float

    @property
    def radius(self) -> float:
        return float(np.hypot(max(self.bottom_radius, self.top_radius), self.height / 2))

    @property
    def _slope(self) -> float:
        """Change of the radius per unit of z."""
        return (self.top_radius - self.bottom_radius) / self.height

    def _side(self, z: Array) -> Array:
        return np.asarray((self.bottom_radius + self.top_radius) / 2 + self._slope * z)

    def hit(self, origins: Array, directions: Array) -> Array:
        """[N] distances along rays from origins [N, 3]: the nearer one of the side and the caps."""
        half, slope = self.height / 2, self._slope
        ox, oy, oz = origins.T
        dx, dy, dz = directions.T
        side = self._side(oz)
        # x^2 + y^2 = side(z)^2 along the ray: a t^2 + 2 b t + c = 0
        a = dx * dx + dy * dy - (slope * dz) ** 2
        b = ox * dx + oy * dy - slope * side * dz
        c = ox * ox + oy * oy - side * side
        root = np.sqrt(np.maximum(b * b - a * c, 0))
        q = -(b + np.where(b < 0, -root, root))
        best = np.full(len(a), np.inf)
        for t in (q / np.where(np.abs(a) < TINY, TINY, a), c / np.where(np.abs(q) < TINY, TINY, q)):
            valid = (b * b >= a * c) & (t > 0) & (np.abs(oz + t * dz) <= half)
            best = np.where(valid & (t < best), t, best)
        safe = np.where(np.abs(dz) < TINY, TINY, dz)
        for z, radius in ((-half, self.bottom_radius), (half, self.top_radius)):
            t = (z - oz) / safe
            valid = (t > 0) & ((ox + t * dx) ** 2 + (oy + t * dy) ** 2 <= radius * radius)
            best = np.where(valid & (t < best), t, best)
        return best

    def normals(self, points: Array) -> Array:
        """[N, 3] of points [N, 3]: along z on the caps, else out of the side."""
        x, y, z = points.T
        across = np.hypot(x, y)
        safe = np.maximum(across, TINY)
        lean = 1 / np.hypot(1, self._slope)
        side = np.stack([x / safe * lean, y / safe * lean, np.full_like(x, -self._slope * lean)], axis=1)
        cap = np.zeros_like(points)
        cap[:, 2] = np.where(z < 0, -1.0, 1.0)
        on_cap = np.abs(np.abs(z) - self.height / 2) < np.abs(across - self._side(z)) * lean
        return np.where(on_cap[:, None], cap, side)

    def distance(self, points: Array) -> Array:
        """[N] distances of points [N, 3] from side and caps, negative inside."""
        # In the half plane (across, z), as by Inigo Quilez, "distance functions": capped cone.
        half = self.height / 2
        across, z = np.hypot(points[:, 0], points[:, 1]), points[:, 2]
        cap_x = across - np.minimum(across, np.where(z < 0, self.bottom_radius, self.top_radius))
        cap_z = np.abs(z) - half
        edge_x, edge_z = self.top_radius - self.bottom_radius, self.height
        along = ((self.top_radius - across) * edge_x + (half - z) * edge_z) / (edge_x**2 + edge_z**2)
        along = np.clip(along, 0, 1)
        side_x = across - self.top_radius + edge_x * along
        side_z = z - half + edge_z * along
        inside = (side_x < 0) & (cap_z < 0)
        nearest = np.sqrt(np.minimum(cap_x**2 + cap_z**2, side_x**2 + side_z**2))
        return np.where(inside, -nearest, nearest)


def cylinder(radius: float, height: float) -> Cone:
    """A cylinder with flat ends."""
    return Cone(radius, radius, height)


@dataclass(frozen=True)
class Torus:
    """A ring about z: a tube of radius `tube` around the circle of radius `ring`."""

    ring: float
    tube: float

    @property
    def radius(self) -> float:
        return self.ring + self.tube

    def hit(self, origins: Array, directions: Array) -> Array:
        """[N] distances, by sphere tracing on the exact distance to the surface, finished by Newton steps."""
        near, far = _ball_interval(origins, directions, self.radius)
        safe = np.where(np.abs(directions[:, 2]) < TINY, TINY, directions[:, 2])
        one, other = (-self.tube - origins[:, 2]) / safe, (self.tube - origins[:, 2]) / safe
        near, far = np.maximum(near, np.minimum(one, other)), np.minimum(far, np.maximum(one, other))
        # Inside the tube the distance is negative, and its size is the safe step.
        result = np.full(len(near), np.inf)
        active = np.flatnonzero((far > 0) & (near <= far))
        t, o, d = np.maximum(near[active], 0), origins[active], directions[active]
        for _ in range(MAX_STEPS):
            step = np.abs(self.distance(o + t[:, None] * d))
            arrived = step < ARRIVED
            result[active[arrived]] = t[arrived]
            t = t + step
            going = ~arrived & (t < far[active])
            if not going.any():
                break
            active, t, o, d = active[going], t[going], o[going], d[going]
        return self._polish(origins, directions, result)

    def _polish(self, origins: Array, directions: Array, found: Array) -> Array:
        hit = np.flatnonzero(np.isfinite(found))
        for _ in range(2):
            points = origins[hit] + found[hit, None] * directions[hit]
            slope = (self.normals(points) * directions[hit]).sum(axis=1)
            # A grazing ray has no slope to divide by, and is where it should be already.
            step = self.distance(points) / np.where(np.abs(slope) < 1e-3, np.inf, slope)
            found[hit] -= step
        return np.where(found > 0, found, np.inf)

    def normals(self, points: Array) -> Array:
        """[N, 3] directions to points [N, 3] from the nearest place of the ring."""
        across = np.maximum(np.hypot(points[:, 0], points[:, 1]), TINY)
        scale = 1 - self.ring / across
        return unit(np.stack([points[:, 0] * scale, points[:, 1] * scale, points[:, 2]], axis=1))

    def distance(self, points: Array) -> Array:
        """[N] distances of points [N, 3] from the tube, negative inside."""
        across = np.hypot(points[:, 0], points[:, 1]) - self.ring
        return np.asarray(np.hypot(across, points[:, 2]) - self.tube)


def largest(vectors: Array) -> Array:
    """[N] the largest component of [N, 3]; `max(axis=1)` takes ten times as long."""
    return np.asarray(np.maximum(np.maximum(vectors[:, 0], vectors[:, 1]), vectors[:, 2]))


def length(vectors: Array) -> Array:
    """[N] of [N, 3]."""
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)))


def unit(vectors: Array) -> Array:
    """[N, 3] scaled to length 1."""
    return np.asarray(vectors / np.maximum(length(vectors), TINY)[:, None])


def first_ahead(near: Array, far: Array) -> Array:
    """[N] the first positive one of two ordered distances, else +inf."""
    return np.where(near > 0, near, np.where(far > 0, far, np.inf))


def _ball_interval(origins: Array, directions: Array, radius: float) -> tuple[Array, Array]:
    """[N] distances where a ray enters and leaves a ball about the origin; (inf, -inf) where it misses."""
    middle = -np.einsum("ij,ij->i", origins, directions)
    square = middle * middle - np.einsum("ij,ij->i", origins, origins) + radius * radius
    half = np.sqrt(np.maximum(square, 0))
    return np.where(square >= 0, middle - half, np.inf), np.where(square >= 0, middle + half, -np.inf)
