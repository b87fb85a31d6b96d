"""A mesh as a camera of the scene sees it: colours, coverage and depth, drawn on the CPU by OpenCV's rasteriser.

So it lies pixel by pixel over the scene's own picture, whoever shows that, with or without OpenGL. Where the mesh is
large, a coarse one stands in for it while the camera moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from app.mesh.mesh_reading import MeshFile
from app.mesh.near_clipping import Triangles, in_front
from app.mesh.surface import Surface, vertex_normals
from app.mesh.wireframe import mesh_edges, visible_edges
from engines.core.camera import Array, Camera
from engines.core.errors import UserError

STYLES = ("colours", "shaded", "normals", "wireframe")
COARSE_FACES = 20_000
"""While the camera moves: drawn in some ten milliseconds, at half the picture's sides."""
GREY, AMBIENT = 0.82, 0.25
"""Of a mesh without colours, and how bright it is where it is seen from the side."""
EMPTY_FROM = 0.9995
"""Of the far plane: pixels that nothing was drawn on are as far as that, but for rounding."""
BEYOND = 1.01
"""The far plane, of the farthest vertex's depth."""


@dataclass(frozen=True, eq=False)
class Drawable:
    """Triangles with what they can be coloured by.

    Attributes:
        surface: in the scene's coordinates.
        normals: [N, 3] float32 unit, outwards.
        colours: [N, 3] float32 in [0, 1], sRGB; None: the file has none.
    """

    surface: Surface
    normals: Array
    colours: Array | None

    @cached_property
    def edges(self) -> Array:
        """[E, 2] vertices of each edge, once; found out when they are first drawn."""
        return mesh_edges(self.surface.faces)


@dataclass(frozen=True, eq=False)
class LoadedMesh:
    """A mesh file made ready to be looked at.

    Attributes:
        full, coarse: the same where it has no more than `COARSE_FACES`.
        notes: what was decided about it, in plain words.
    """

    path: Path
    full: Drawable
    coarse: Drawable
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class MeshPicture:
    """What a camera sees of a mesh.

    Attributes:
        pixels: [H, W, 3] uint8.
        coverage: [H, W] float32 in [0, 1], how much of a pixel it covers.
        depth: [H, W] float32 along +z, world units; +inf where there is nothing.
    """

    pixels: Array
    coverage: Array
    depth: Array


def load_mesh(read: MeshFile, origin: Array) -> LoadedMesh:
    """Makes a file's mesh ready.

    Args:
        origin: [3] where the scene's coordinates begin in the world.

    Raises:
        UserError: it has no triangles.
    """
    if not len(read.surface.faces):
        raise UserError(f"{read.path}: has no triangles; points without triangles are not shown")
    surface = Surface(read.surface.vertices - origin, read.surface.faces)
    full = _drawable(surface, read.colours)
    coarse = full
    if len(surface.faces) > COARSE_FACES:
        clustered, chosen = clustered_surface(surface, COARSE_FACES)
        coarse = _drawable(clustered, None if read.colours is None else read.colours[chosen])
    return LoadedMesh(read.path, full, coarse, read.notes)


def _drawable(surface: Surface, colours: Array | None) -> Drawable:
    shades = None if colours is None else (colours / 255.0).astype(np.float32)
    return Drawable(surface, vertex_normals(surface).astype(np.float32), shades)


def clustered_surface(surface: Surface, most_faces: int) -> tuple[Surface, Array]:
    """At most `most_faces` triangles: vertices in one cell of a grid become one of them (Rossignac and Borrel 1993).

    Returns:
        The surface, and [N] which of the vertices before each of its own is.
    """
    low = surface.vertices.min(axis=0)
    size = float(np.ptp(surface.vertices, axis=0).max()) or 1.0
    # A surface crosses about as many cells as the square of those along a side, with two triangles each.
    cells = float(np.sqrt(most_faces))
    while True:
        places = np.floor((surface.vertices - low) * (cells / size)).astype(np.int64)
        keys = (places[:, 0] * 2**20 + places[:, 1]) * 2**20 + places[:, 2]
        _, chosen, cluster = np.unique(keys, return_index=True, return_inverse=True)
        faces = cluster.reshape(-1)[surface.faces]
        a, b, c = faces.T
        faces = faces[(a != b) & (b != c) & (c != a)]
        a, b, c = np.sort(faces, axis=1).T
        faces = faces[np.unique((a * len(chosen) + b) * len(chosen) + c, return_index=True)[1]]
        if len(faces) <= most_faces:
            return Surface(surface.vertices[chosen], faces), chosen
        cells *= max(0.95 * float(np.sqrt(most_faces / len(faces))), 0.5)


def draw_mesh(mesh: Drawable, camera: Camera, style: str) -> MeshPicture:
    """What `camera` sees of it.

    Args:
        style: of `STYLES`; a mesh without colours is shaded where they are wanted.
    """
    places = mesh.surface.vertices @ camera.world_to_camera[:3, :3].T + camera.world_to_camera[:3, 3]
    shades, depth = _rasterised(mesh, places, camera, style)
    if style == "wireframe":
        pixels, coverage = visible_edges(places, mesh.edges, camera, depth)
        return MeshPicture(pixels, coverage, depth)
    pixels = np.clip(shades * 255.0 + 0.5, 0, 255).astype(np.uint8)
    return MeshPicture(pixels, np.isfinite(depth).astype(np.float32), depth)


def _rasterised(mesh: Drawable, places: Array, camera: Camera, style: str) -> tuple[Array, Array]:
    """Colours [H, W, 3] float32 and depth [H, W] of triangles whose vertices are at `places` [N, 3], in the camera."""
    width, height = camera.size_px
    colours = np.zeros((height, width, 3), dtype=np.float32)
    nothing = np.full((height, width), np.inf, dtype=np.float32)
    shades = _shades(mesh, places, camera.world_to_camera[:3, :3], style)
    seen, near = in_front(Triangles(places, mesh.surface.faces, shades), camera)
    if not len(seen.faces):
        return colours, nothing
    places = seen.places
    far = float(places[:, 2].max()) * BEYOND
    depth = np.full((height, width), far, dtype=np.float32)
    (fx, fy), (cx, cy) = camera.focal_px, camera.centre_px
    # It knows square pixels about the middle of the picture only: what differs goes into the places, which is exact.
    across = (fx * places[:, 0] + (cx - width / 2) * places[:, 2]) / fy
    down = places[:, 1] + (cy - height / 2) / fy * places[:, 2]
    settings = cv2.TriangleRasterizeSettings().setCullingMode(cv2.RASTERIZE_CULLING_NONE)
    settings = settings.setShadingType(cv2.RASTERIZE_SHADING_SHADED)
    # Its camera looks along -z with y upwards.
    upright = np.stack([across, -down, -places[:, 2]], axis=1).astype(np.float32)
    fov_y = 2 * float(np.arctan(height / 2 / fy))
    faces = np.ascontiguousarray(seen.faces, dtype=np.int32)
    cv2.triangleRasterize(upright, faces, seen.values, colours, depth, EYE, fov_y, near, far, settings)
    return colours, np.where(depth < far * EMPTY_FROM, depth, nothing)


EYE: Any = np.eye(4, dtype=np.float32)


def _shades(mesh: Drawable, places: Array, rotation: Array, style: str) -> Array:
    """[N, 3] float32, the colour of each vertex; `rotation` [3, 3] from the world to the camera."""
    if style == "normals":
        return np.asarray(0.5 * mesh.normals + 0.5, dtype=np.float32)
    if style == "colours" and mesh.colours is not None:
        return mesh.colours
    if style == "wireframe":
        return np.zeros(mesh.normals.shape, dtype=np.float32)
    # A lamp at the eye; both sides of a triangle are lit.
    ways = places / np.maximum(np.linalg.norm(places, axis=1, keepdims=True), 1e-30)
    turned = mesh.normals @ rotation.T.astype(np.float32)
    lit = np.abs((turned * ways).sum(axis=1, keepdims=True))
    return np.repeat((GREY * (AMBIENT + (1 - AMBIENT) * lit)).astype(np.float32), 3, axis=1)
