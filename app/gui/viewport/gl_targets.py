"""Textures that are drawn into, and programs that draw: of OpenGL 3.3, by VisPy's binding of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vispy.gloo import gl

from app.gui.viewport.gl_instancing import InstancingFunctions

# Of OpenGL 3, which VisPy's constants, those of ES 2, lack.
GL_RGBA32F, GL_RGBA16F, GL_RGBA8, GL_RGB8, GL_R32UI = 0x8814, 0x881A, 0x8058, 0x8051, 0x8236
GL_HALF_FLOAT, GL_RED_INTEGER = 0x140B, 0x8D94
LAYOUTS = {
    GL_RGBA32F: (gl.GL_RGBA, gl.GL_FLOAT),
    GL_RGBA16F: (gl.GL_RGBA, GL_HALF_FLOAT),
    GL_RGBA8: (gl.GL_RGBA, gl.GL_UNSIGNED_BYTE),
    GL_RGB8: (gl.GL_RGB, gl.GL_UNSIGNED_BYTE),
    GL_R32UI: (GL_RED_INTEGER, gl.GL_UNSIGNED_INT),
}
"""What numbers are handed to textures of each internal format as."""


class RenderTarget:
    """Textures of one size that are drawn into."""

    def __init__(
        self, units: Sequence[int], kind: int, size_px: tuple[int, int], instancing: InstancingFunctions
    ) -> None:
        """Makes a texture for each unit, of an internal format of `LAYOUTS`; they stay bound there.

        Raises:
            ValueError: nothing can be drawn into such.
        """
        self.size_px, self.textures = size_px, [gl.glCreateTexture() for _ in units]
        self._frame = gl.glCreateFramebuffer()
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self._frame)
        for place, (unit, texture) in enumerate(zip(units, self.textures, strict=True)):
            allocate(texture, unit, kind, size_px)
            attached = (gl.GL_COLOR_ATTACHMENT0 + place, gl.GL_TEXTURE_2D, texture, 0)
            gl.glFramebufferTexture2D(gl.GL_FRAMEBUFFER, *attached)
        instancing.draw_into(len(units))
        if gl.glCheckFramebufferStatus(gl.GL_FRAMEBUFFER) != gl.GL_FRAMEBUFFER_COMPLETE:
            raise ValueError(f"the driver draws into no textures of the format {kind:#x}")

    def bind(self, size_px: tuple[int, int] | None = None) -> None:
        """Has what follows drawn into it, or into the first (width, height) of it."""
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self._frame)
        gl.glViewport(0, 0, *(size_px or self.size_px))

    def delete(self) -> None:
        gl.glDeleteFramebuffer(self._frame)
        for texture in self.textures:
            gl.glDeleteTexture(texture)


def set_numbers(program: int, uniforms: Mapping[str, tuple[float, ...]]) -> None:
    """Tells the program that is used one to three numbers by each name."""
    setters = {1: gl.glUniform1f, 2: gl.glUniform2f, 3: gl.glUniform3f}
    for name, values in uniforms.items():
        setters[len(values)](gl.glGetUniformLocation(program, name), *(float(value) for value in values))


def allocate(texture: int, unit: int, kind: int, size_px: tuple[int, int]) -> None:
    """Has a texture be of that format and size, read by whole texels; it stays bound."""
    gl.glActiveTexture(gl.GL_TEXTURE0 + unit)
    gl.glBindTexture(gl.GL_TEXTURE_2D, texture)
    for name in (gl.GL_TEXTURE_MIN_FILTER, gl.GL_TEXTURE_MAG_FILTER):
        gl.glTexParameteri(gl.GL_TEXTURE_2D, name, gl.GL_NEAREST)
    gl.glTexImage2D(gl.GL_TEXTURE_2D, 0, kind, *LAYOUTS[kind], (size_px[1], size_px[0]))


def set_units(program: int, uniforms: Mapping[str, int]) -> None:
    """Tells the program that is used a whole number by each name: a unit of textures, a count, whether something is."""
    for name, number in uniforms.items():
        gl.glUniform1i(gl.glGetUniformLocation(program, name), number)


def program_of(vertex: str, fragment: str) -> int:
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
