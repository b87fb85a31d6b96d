"""Gaussians drawn by OpenGL 3.3: instanced quads, nearest first, each laid under what is there, read back as a picture.

A context of its own, on the thread that draws, beside the window's: nothing of it waits for the window, nor the window
for it, however slow the graphics card is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import cv2
import numpy as np
from vispy.gloo import gl

from app.gui.qt import QOffscreenSurface, QOpenGLContext
from app.gui.viewport.gaussian_shaders import ALPHAS, FOOTPRINTS, OVER, QUADS, WHOLE
from app.gui.viewport.gaussian_textures import PackedRows, TextureLayout, layout_of, packed
from app.gui.viewport.gl import LIVE_VERSION
from app.gui.viewport.gl_instancing import InstancingFunctions
from app.gui.viewport.gl_targets import (
    GL_R32UI,
    GL_RGB8,
    GL_RGBA8,
    GL_RGBA16F,
    GL_RGBA32F,
    LAYOUTS,
    RenderTarget,
    allocate,
    program_of,
    set_numbers,
    set_units,
)
from app.rendering.compositing import AS_IT_IS, backdrop_pixels
from app.rendering.display import Pixels
from engines.core.camera import Array, Camera
from engines.core.scene_abilities import MadeOfGaussians, Splatting

GEOMETRY, HARMONICS, NUMBERS, SHAPES, PAINTS, MIDDLES, SUMS, BACKDROP, PICTURE = range(9)
"""Texture units; what is bound there stays so, but for sums of two kinds."""
IN_ROW = 1024
"""Footprints in a row of their textures."""


class OpenGlGaussians:
    """A drawer of one scene; see `live_previews.GaussianDrawer`."""

    def __init__(self, surface: QOffscreenSurface) -> None:
        """Makes a context for `surface`, and programs.

        Raises:
            ValueError, RuntimeError: the driver can't do it; the message says why.
        """
        self._context = QOpenGLContext()
        self._context.setFormat(surface.requestedFormat())
        if not self._context.create() or not self._context.makeCurrent(surface):
            raise ValueError("OpenGL has no context for another thread")
        made = self._context.format()
        if (found := (made.majorVersion(), made.minorVersion())) < LIVE_VERSION:
            raise ValueError("OpenGL {}.{} is older than {}.{}".format(*found, *LIVE_VERSION))
        self._instancing = InstancingFunctions(self._context)
        self._instancing.bind_vertex_array()
        self._footprints, self._quads = program_of(WHOLE, FOOTPRINTS), program_of(QUADS, ALPHAS)
        self._over = program_of(WHOLE, OVER)
        self._textures = {unit: gl.glCreateTexture() for unit in (GEOMETRY, HARMONICS, NUMBERS, BACKDROP)}
        self._targets: dict[tuple[int, int], RenderTarget] = {}
        self._behind: tuple[object, ...] = ()
        self._layout, self._origin, self._margin = TextureLayout(1, 1, 0), np.zeros(3), 0.0
        self._padded = np.zeros((1, IN_ROW), dtype=np.uint32)
        for switch in (gl.GL_DEPTH_TEST, gl.GL_DITHER):
            gl.glDisable(switch)
        gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 1)

    def pieces(self, scene: MadeOfGaussians) -> Iterator[None]:
        """Brings the scene into textures, some rows at each step.

        Raises:
            ValueError, RuntimeError: it has no room.
        """
        splatting, most_px = scene.splatting, int(gl.glGetParameter(gl.GL_MAX_TEXTURE_SIZE))
        layout = self._layout = layout_of(splatting, most_px)
        if splatting.count:
            self._origin = scene.gaussians(0, 1).positions[0].astype(np.float64)
        self._padded = np.zeros((max(1, -(-splatting.count // IN_ROW)), IN_ROW), dtype=np.uint32)
        if len(self._padded) > most_px:
            raise ValueError(f"{splatting.count} Gaussians are more than textures of {most_px} pixels have room for")
        self._allocate(GEOMETRY, GL_RGBA32F, (4 * layout.in_row, layout.rows))
        self._allocate(HARMONICS, GL_RGBA16F, (max(1, 3 * layout.groups * layout.in_row), layout.rows))
        self._allocate(NUMBERS, GL_R32UI, (IN_ROW, len(self._padded)))
        self._target((SHAPES, PAINTS, MIDDLES), GL_RGBA32F, (IN_ROW, len(self._padded)))
        gl.check_error("textures of Gaussians")
        self._describe(splatting)
        for rows in packed(scene, layout, self._origin):
            self._upload(rows)
            yield

    def draw(self, scene: MadeOfGaussians, camera: Camera, background: str, exactly: bool) -> Pixels:
        """[H, W, 3]; see `live_previews.GaussianDrawer`.

        Raises:
            RuntimeError: OpenGL says that something failed.
        """
        numbers = scene.near_to_far(camera, exactly)
        self._project(numbers, camera)
        sums = self._target((SUMS,), GL_RGBA32F if exactly else GL_RGBA16F, camera.size_px)
        sums.bind()
        self._sum(len(numbers), camera)
        if background != AS_IT_IS:
            self._put_behind(background, camera.size_px)
        self._target((PICTURE,), GL_RGBA8, camera.size_px).bind()
        self._lay_over(sums, background)
        pixels = self._instancing.read(camera.size_px)
        gl.check_error("a picture of Gaussians")
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), dtype=np.uint8)

    def close(self) -> None:
        """Ends the context, and all that is in it."""
        self._context.doneCurrent()
        del self._context

    def _upload(self, rows: PackedRows) -> None:
        self._put(GEOMETRY, GL_RGBA32F, rows.first, rows.geometry)
        if rows.harmonics.size:
            self._put(HARMONICS, GL_RGBA16F, rows.first, rows.harmonics)
        # Else drivers keep pieces, and the first picture waits for all of them.
        gl.glFinish()
        gl.check_error("a piece of the Gaussians")

    def _describe(self, splatting: Splatting) -> None:
        """Says what is the same for all pictures of the scene."""
        gl.glUseProgram(self._footprints)
        units = {"geometry": GEOMETRY, "harmonics": HARMONICS, "numbers": NUMBERS, "in_row": self._layout.in_row}
        kind = {"groups": self._layout.groups, "antialiased": int(splatting.antialiased)}
        set_units(self._footprints, {**units, **kind})
        set_numbers(self._footprints, {
            "near": (splatting.near,), "dilation": (splatting.dilation,), "least_alpha": (splatting.least_alpha,),
            "least_share": (splatting.least_share,),
        })  # fmt: skip
        self._margin = splatting.margin
        gl.glUseProgram(self._quads)
        set_units(self._quads, {"shapes": SHAPES, "paints": PAINTS, "middles": MIDDLES, "in_row": IN_ROW})
        set_numbers(self._quads, {"most_alpha": (splatting.most_alpha,)})
        gl.glUseProgram(self._over)
        set_units(self._over, {"sums": SUMS, "backdrop": BACKDROP})

    def _project(self, numbers: Array, camera: Camera) -> None:
        """Computes the footprints of the Gaussians of these numbers [M] uint32, in their order."""
        rows = -(-len(numbers) // IN_ROW)
        if not rows:
            return
        self._padded.reshape(-1)[: len(numbers)] = numbers
        self._put(NUMBERS, GL_R32UI, 0, self._padded[:rows])
        self._target((SHAPES, PAINTS, MIDDLES), GL_RGBA32F, (IN_ROW, len(self._padded))).bind((IN_ROW, rows))
        gl.glUseProgram(self._footprints)
        set_numbers(self._footprints, camera_uniforms(camera, self._origin, self._margin))
        gl.glDrawArrays(gl.GL_TRIANGLES, 0, 3)

    def _sum(self, count: int, camera: Camera) -> None:
        """Adds up so many footprints, the nearest first, in what is bound."""
        gl.glUseProgram(self._quads)
        set_numbers(self._quads, {"size": camera.size_px})
        gl.glClearColor(0, 0, 0, 0)
        gl.glClear(gl.GL_COLOR_BUFFER_BIT)
        gl.glEnable(gl.GL_BLEND)
        # Under what is there: its weight is what that leaves open.
        gl.glBlendFunc(gl.GL_ONE_MINUS_DST_ALPHA, gl.GL_ONE)
        if count:
            self._instancing.draw_quads(count)
        gl.glDisable(gl.GL_BLEND)

    def _lay_over(self, sums: RenderTarget, background: str) -> None:
        """Lays the sums over the background, in what is bound."""
        gl.glUseProgram(self._over)
        gl.glActiveTexture(gl.GL_TEXTURE0 + SUMS)
        gl.glBindTexture(gl.GL_TEXTURE_2D, sums.textures[0])
        set_units(self._over, {"is_over": int(background != AS_IT_IS)})
        gl.glDrawArrays(gl.GL_TRIANGLES, 0, 3)

    def _put_behind(self, background: str, size_px: tuple[int, int]) -> None:
        if self._behind != (background, size_px):
            self._behind = background, size_px
            self._allocate(BACKDROP, GL_RGB8, size_px)
            self._put(BACKDROP, GL_RGB8, 0, backdrop_pixels(background, size_px))

    def _allocate(self, unit: int, kind: int, size_px: tuple[int, int]) -> None:
        allocate(self._textures[unit], unit, kind, size_px)

    def _put(self, unit: int, kind: int, first: int, rows: Array) -> None:
        """Writes whole rows of a texture, [R, W] or [R, W, C], from `first` on."""
        gl.glActiveTexture(gl.GL_TEXTURE0 + unit)
        gl.glTexSubImage2D(gl.GL_TEXTURE_2D, 0, 0, first, *LAYOUTS[kind], rows)

    def _target(self, units: Sequence[int], kind: int, size_px: tuple[int, int]) -> RenderTarget:
        """What is drawn into: textures of that kind and size, one for each unit."""
        target = self._targets.get((units[0], kind))
        if target is None or target.size_px != size_px:
            if target is not None:
                target.delete()
            target = self._targets[units[0], kind] = RenderTarget(units, kind, size_px, self._instancing)
        return target


def camera_uniforms(camera: Camera, origin: Array, margin: float) -> Mapping[str, tuple[float, ...]]:
    """What the shader of footprints is told of a camera; places are from `origin` [3]."""
    focal, centre, size = (
        np.array(pair, dtype=np.float64) for pair in (camera.focal_px, camera.centre_px, camera.size_px)
    )
    right, down, forward = (tuple(axis) for axis in camera.camera_to_world[:3, :3].T)
    return {
        "right_axis": right,
        "down_axis": down,
        "forward_axis": forward,
        # Far from the world's origin float32 has no digits left for a difference.
        "place": tuple(camera.position - origin),
        "focal": tuple(focal),
        "centre": tuple(centre),
        "size": tuple(size),
        "least": tuple(-(centre + margin * size) / focal),
        "most": tuple((size - centre + margin * size) / focal),
    }
