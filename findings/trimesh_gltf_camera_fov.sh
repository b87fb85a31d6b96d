#!/usr/bin/env bash
# trimesh 5.2.0 reads a glTF camera's width as aspectRatio times the angle of its height, and drops its animation.
#
# glTF 2.0 (3.10.3): yfov is the vertical field of view, aspectRatio that of the picture's sides, so that the horizontal
# one is 2 atan(aspectRatio tan(yfov / 2)). trimesh multiplies the angle itself: at 16:9 and 90 degrees the picture is
# 160 degrees wide instead of 121.3. `Camera.K`, rays and what is drawn with them are then not those of a camera with
# square pixels. An animation of the camera is nowhere in what was read.
#
# Seen (yfov 90 degrees, 16:9, a camera that moves):
#   fov in degrees [160.0, 90.0]   focal lengths of the K in heights of a picture of 1920x1080: [0.157, 0.5]
#   metadata {}
# So take yfov alone of what trimesh reads, and focal_y for both axes.
#
# Seen with trimesh 5.2.0, numpy 2.4.6, Python 3.11. Exits with 1 where this has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check trimesh==5.2.0 numpy==2.4.6
"$work/venv/bin/python" - "$work" <<'PYTHON'
import base64
import json
import sys
from pathlib import Path

import numpy as np
import trimesh

times, places = np.array([0, 1], "<f4"), np.array([[0, 0, 0], [5, 0, 0]], "<f4")
data = base64.b64encode(times.tobytes() + places.tobytes()).decode()
lens = {"type": "perspective", "perspective": {"yfov": np.pi / 2, "aspectRatio": 16 / 9, "znear": 0.1}}
document = {
    "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"camera": 0}], "cameras": [lens],
    "animations": [{
        "channels": [{"sampler": 0, "target": {"node": 0, "path": "translation"}}],
        "samplers": [{"input": 0, "output": 1, "interpolation": "LINEAR"}],
    }],
    "accessors": [
        {"bufferView": 0, "componentType": 5126, "count": 2, "type": "SCALAR", "min": [0], "max": [1]},
        {"bufferView": 1, "componentType": 5126, "count": 2, "type": "VEC3"},
    ],
    "bufferViews": [
        {"buffer": 0, "byteOffset": 0, "byteLength": 8}, {"buffer": 0, "byteOffset": 8, "byteLength": 24},
    ],
    "buffers": [{"byteLength": 32, "uri": f"data:application/octet-stream;base64,{data}"}],
}
path = Path(sys.argv[1]) / "camera.gltf"
path.write_text(json.dumps(document))
scene = trimesh.load_scene(path)
fov = scene.camera.fov
scene.camera.resolution = (1920, 1080)
scene.camera.fov = fov
K = scene.camera.K
focal = [float(K[0, 0]) / 1080, float(K[1, 1]) / 1080]
right = np.degrees(2 * np.arctan(16 / 9))
print("fov in degrees", np.round(fov, 1).tolist(), "; right would be", [round(float(right), 1), 90.0])
print("focal lengths in heights", np.round(focal, 3).tolist())
print("metadata", scene.metadata)
if abs(fov[0] - 160) > 0.1 or abs(fov[1] - 90) > 0.1 or "anim" in str(scene.metadata).lower():
    sys.exit("trimesh reads it otherwise now")
PYTHON
