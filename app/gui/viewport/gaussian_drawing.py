"""Gaussians drawn by OpenGL 3.3: instanced quads, nearest first, each laid under what is there, read back as a picture.

A context of its own, on the thread that draws, beside the window's: nothing of it waits for the window, nor the window
for it, however slow the graphics card is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import cv2
import numpy as np
from vispy.gloo import gl

from app.gui.qt import QOffscreenSurface, QOpenGLContext
from app.gui.viewport.gaussian_shaders import ALPHAS, OVER, QUADS, WHOLE
from app.gui.viewport.gaussian_textures import PackedRows, TextureLayout, layout_of, packed
from app.gui.viewport.gl import LIVE_VERSION
from app.gui.viewport.gl_instancing import InstancingFunctions
from app.rendering.compositing import AS_IT_IS, backdrop_pixels
from app.rendering.display import Pixels
from engines.core.camera import Array, Camera
from engines.core.scene_abilities import MadeOfGaussians, Splatting

# Of OpenGL 3, which VisPy's constants, those of ES 2, lack.
GL_RGBA32F, GL_RGBA16F, GL_RGBA8, GL_RGB8, GL_HALF_FLOAT = 0x8814, 0x881A, 0x8058, 0x8051, 0x140B
GEOMETRY, SUMS, BACKDROP, HARMONICS = range(4)
"""Texture units."""


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
        self._quads, self._over = _program(QUADS, ALPHAS), _program(WHOLE, OVER)
        self._numbers = gl.glCreateBuffer()
        self._geometry, self._harmonics, self._backdrop = (gl.glCreateTexture() for _ in range(3))
        self._targets: dict[int, RenderTarget] = {}
        self._behind: tuple[object, ...] = ()
        self._layout, self._origin = TextureLayout(1, 1, 0), np.zeros(3)
        gl.glDisable(gl.GL_DEPTH_TEST)
        gl.glDisable(gl.GL_DITHER)
        gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 1)

    def pieces(self, scene: MadeOfGaussians) -> Iterator[None]:
        """Brings the scene into textures, some rows at each step.

        Raises:
            ValueError, RuntimeError: it has no room.
        """
        splatting = scene.splatting
        layout = self._layout = layout_of(splatting, int(gl.glGetParameter(gl.GL_MAX_TEXTURE_SIZE)))
        if splatting.count:
            self._origin = scene.gaussians(0, 1).positions[0].astype(np.float64)
        _allocate(self._geometry, GEOMETRY, GL_RGBA32F, (4 * layout.in_row, layout.rows))
        _allocate(self._harmonics, HARMONICS, GL_RGBA16F, (max(1, 3 * layout.groups * layout.in_row), layout.rows))
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
        sums = self._target(SUMS, GL_RGBA32F if exactly else GL_RGBA16F, camera.size_px)
        sums.bind()
        self._sum(numbers, camera)
        picture = self._target(BACKDROP, GL_RGBA8, camera.size_px)
        picture.bind()
        self._lay_over(sums, background)
        pixels = self._instancing.read(camera.size_px)
        gl.check_error("a picture of Gaussians")
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), dtype=np.uint8)

    def close(self) -> None:
        """Ends the context, and all that is in it."""
        self._context.doneCurrent()
        del self._context

    def _upload(self, rows: PackedRows) -> None:
        # A unit of the Gaussians', so that what a picture is made of stays bound elsewhere.
        gl.glActiveTexture(gl.GL_TEXTURE0 + GEOMETRY)
        gl.glBindTexture(gl.GL_TEXTURE_2D, self._geometry)
        gl.glTexSubImage2D(gl.GL_TEXTURE_2D, 0, 0, rows.first, gl.GL_RGBA, gl.GL_FLOAT, rows.geometry)
        if rows.harmonics.size:
            gl.glActiveTexture(gl.GL_TEXTURE0 + HARMONICS)
            gl.glBindTexture(gl.GL_TEXTURE_2D, self._harmonics)
            gl.glTexSubImage2D(gl.GL_TEXTURE_2D, 0, 0, rows.first, gl.GL_RGBA, GL_HALF_FLOAT, rows.harmonics)
        # Else drivers keep pieces, and the first picture waits for all of them.
        gl.glFinish()
        gl.check_error("a piece of the Gaussians")

    def _describe(self, splatting: Splatting) -> None:
        """What is the same for all pictures of the scene."""
        gl.glUseProgram(self._quads)
        whole = {"geometry": GEOMETRY, "harmonics": HARMONICS, "in_row": self._layout.in_row}
        whole |= {"groups": self._layout.groups, "antialiased": int(splatting.antialiased)}
        for name, number in whole.items():
            gl.glUniform1i(gl.glGetUniformLocation(self._quads, name), number)
        self._margin = splatting.margin
        _set(self._quads, {
            "near": (splatting.near,), "dilation": (splatting.dilation,), "least_alpha": (splatting.least_alpha,),
            "least_share": (splatting.least_share,), "most_alpha": (splatting.most_alpha,),
        })  # fmt: skip

    def _sum(self, numbers: Array, camera: Camera) -> None:
        """Adds up the Gaussians of these numbers [M] uint32, the nearest first, in what is bound."""
        gl.glUseProgram(self._quads)
        _set(self._quads, camera_uniforms(camera, self._origin, self._margin))
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, self._numbers)
        gl.glBufferData(gl.GL_ARRAY_BUFFER, numbers, gl.GL_STREAM_DRAW)
        gl.glEnableVertexAttribArray(0)
        self._instancing.number_instances()
        gl.glClearColor(0, 0, 0, 0)
        gl.glClear(gl.GL_COLOR_BUFFER_BIT)
        gl.glEnable(gl.GL_BLEND)
        # Under what is there: its weight is what that leaves open.
        gl.glBlendFunc(gl.GL_ONE_MINUS_DST_ALPHA, gl.GL_ONE)
        if len(numbers):
            self._instancing.draw_quads(len(numbers))
        gl.glDisable(gl.GL_BLEND)
        gl.glDisableVertexAttribArray(0)

    def _lay_over(self, sums: RenderTarget, background: str) -> None:
        """Lays the sums over the background, in what is bound."""
        gl.glUseProgram(self._over)
        if background != AS_IT_IS:
            self._put_behind(background, sums.size_px)
        gl.glActiveTexture(gl.GL_TEXTURE0 + SUMS)
        gl.glBindTexture(gl.GL_TEXTURE_2D, sums.texture)
        for name, number in (("sums", SUMS), ("backdrop", BACKDROP), ("is_over", int(background != AS_IT_IS))):
            gl.glUniform1i(gl.glGetUniformLocation(self._over, name), number)
        gl.glDrawArrays(gl.GL_TRIANGLES, 0, 3)

    def _put_behind(self, background: str, size_px: tuple[int, int]) -> None:
        gl.glActiveTexture(gl.GL_TEXTURE0 + BACKDROP)
        gl.glBindTexture(gl.GL_TEXTURE_2D, self._backdrop)
        if self._behind != (background, size_px):
            self._behind = background, size_px
            _allocate(self._backdrop, BACKDROP, GL_RGB8, size_px)
            pixels = backdrop_pixels(background, size_px)
            gl.glTexSubImage2D(gl.GL_TEXTURE_2D, 0, 0, 0, gl.GL_RGB, gl.GL_UNSIGNED_BYTE, pixels)

    def _target(self, unit: int, kind: int, size_px: tuple[int, int]) -> RenderTarget:
        """What is drawn into, of that kind and size."""
        target = self._targets.get(kind)
        if target is None or target.size_px != size_px:
            if target is not None:
                target.delete()
            target = self._targets[kind] = RenderTarget(unit, kind, size_px)
        return target


class RenderTarget:
    """A texture that is drawn into."""

    def __init__(self, unit: int, kind: int, size_px: tuple[int, int]) -> None:
        """Makes it, of an internal format of OpenGL.

        Raises:
            ValueError: nothing can be drawn into such.
        """
        self.size_px, self.texture = size_px, gl.glCreateTexture()
        _allocate(self.texture, unit, kind, size_px)
        self._frame = gl.glCreateFramebuffer()
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self._frame)
        attached = (gl.GL_COLOR_ATTACHMENT0, gl.GL_TEXTURE_2D, self.texture, 0)
        gl.glFramebufferTexture2D(gl.GL_FRAMEBUFFER, *attached)
        if gl.glCheckFramebufferStatus(gl.GL_FRAMEBUFFER) != gl.GL_FRAMEBUFFER_COMPLETE:
            raise ValueError(f"the driver draws into no texture of the format {kind:#x}")

    def bind(self) -> None:
        """Has what follows drawn into it."""
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self._frame)
        gl.glViewport(0, 0, *self.size_px)

    def delete(self) -> None:
        gl.glDeleteFramebuffer(self._frame)
        gl.glDeleteTexture(self.texture)


def camera_uniforms(camera: Camera, origin: Array, margin: float) -> Mapping[str, tuple[float, ...]]:
    """What the shader of quads is told of a camera; places are from `origin` [3]."""
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


def _set(program: int, uniforms: Mapping[str, tuple[float, ...]]) -> None:
    setters = {1: gl.glUniform1f, 2: gl.glUniform2f, 3: gl.glUniform3f}
    for name, values in uniforms.items():
        setters[len(values)](gl.glGetUniformLocation(program, name), *(float(value) for value in values))


def _allocate(texture: int, unit: int, kind: int, size_px: tuple[int, int]) -> None:
    """Has a texture be of that format and size, read by whole texels; it stays bound."""
    gl.glActiveTexture(gl.GL_TEXTURE0 + unit)
    gl.glBindTexture(gl.GL_TEXTURE_2D, texture)
    for name in (gl.GL_TEXTURE_MIN_FILTER, gl.GL_TEXTURE_MAG_FILTER):
        gl.glTexParameteri(gl.GL_TEXTURE_2D, name, gl.GL_NEAREST)
    whole = kind in (GL_RGBA8, GL_RGB8)
    layout = gl.GL_RGB if kind == GL_RGB8 else gl.GL_RGBA
    numbers = gl.GL_UNSIGNED_BYTE if whole else gl.GL_FLOAT
    gl.glTexImage2D(gl.GL_TEXTURE_2D, 0, kind, layout, numbers, (size_px[1], size_px[0]))


def _program(vertex: str, fragment: str) -> int:
    """The two shaders, compiled and linked.

    Raises:
        RuntimeError: the driver doesn't understand them.
    """
    program = int(gl.glCreateProgram())
    for kind, source in ((gl.GL_VERTEX_SHADER, vertex), (gl.GL_FRAGMENT_SHADER, fragment)):
        shader = gl.glCreateShader(kind)
        gl.glShaderSource(shader, source.lstrip())
        gl.glCompileShader(shader)
        if not gl.glGetShaderParameter(shader, gl.GL_COMPILE_STATUS):
            raise RuntimeError(f"the driver refuses a shader: {gl.glGetShaderInfoLog(shader)}")
        gl.glAttachShader(program, shader)
        gl.glDeleteShader(shader)
    gl.glLinkProgram(program)
    if not gl.glGetProgramParameter(program, gl.GL_LINK_STATUS):
        raise RuntimeError(f"the driver can't link shaders: {gl.glGetProgramInfoLog(program)}")
    return program
