#!/usr/bin/env bash
# VisPy 0.17's glShaderSource, of its own binding of desktop OpenGL, tells the driver as many bytes as the source has
# characters, but hands it over in UTF-8: of each letter beyond ASCII the source lacks a byte or more at its end. A shader
# whose comment says "10 degrees" compiles, the same with the sign for them lacks its last braces ("unexpected end of
# file"), at a line where nothing is wrong.
#
# Seen with vispy 0.17.0, PyQt5 5.15, Python 3.11, Linux x86-64, Mesa's llvmpipe. Needs Xvfb and libGL. So shaders are
# written in ASCII alone.
#
# Exits with 1 where this has changed.
set -euo pipefail
work=$(mktemp -d)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check vispy==0.17.0 PyQt5 numpy
Xvfb -displayfd 3 -screen 0 640x480x24 -nolisten tcp 3> "$work/display" 2> /dev/null &
server=$!
trap 'kill "$server"; rm -rf "$work"' EXIT
until [ -s "$work/display" ]; do sleep 0.1; done
DISPLAY=":$(cat "$work/display")" LIBGL_ALWAYS_SOFTWARE=1 "$work/venv/bin/python" - 2> "$work/errors.txt" <<'PY'
import sys

from PyQt5.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

application = QGuiApplication(["finding"])
context, surface = QOpenGLContext(), QOffscreenSurface()
assert context.create()
surface.setFormat(context.format())
surface.create()
assert context.makeCurrent(surface)

from vispy.gloo import gl  # noqa: E402

compiled = []
for comment in ("10 degrees, 20 degrees, 30 degrees", "10\N{DEGREE SIGN}, 20\N{DEGREE SIGN}, 30\N{DEGREE SIGN}"):
    shader = gl.glCreateShader(gl.GL_FRAGMENT_SHADER)
    gl.glShaderSource(shader, f"#version 120\n// {comment}\nvoid main() {{ gl_FragColor = vec4(1.0); }}")
    gl.glCompileShader(shader)
    compiled.append(bool(gl.glGetShaderParameter(shader, gl.GL_COMPILE_STATUS)))
    print(f"{comment}: {'compiled' if compiled[-1] else gl.glGetShaderInfoLog(shader).strip()}")
sys.exit(0 if compiled == [True, False] else 1)
PY
