#!/usr/bin/env bash
# COLMAP's image undistorter leaves photographs of a fisheye as they are where all its coefficients are 0.
#
# A fisheye of no coefficients (OPENCV_FISHEYE 0 0 0 0; FISHEYE and SIMPLE_FISHEYE, which never have any) is no pinhole:
# its pictures grow with the angle, not with its tangent. Of each of them `undistort_camera` makes a PINHOLE; but
# `undistort_images`, asked for pinholes, copies the photographs, and its model still says the fisheye's name. No word is
# said. One coefficient of 1e-7, which moves no pixel, and all is undistorted.
#
# Seen with pycolmap 4.2.1 (CPU wheel of PyPI), Python 3.11, Linux x86-64. What this prints there:
#   undistort_camera of OPENCV_FISHEYE 0 0 0 0: PINHOLE 221x154
#   OPENCV_FISHEYE 0 0 0 0        -> OPENCV_FISHEYE 192x144, pixels as they were: True
#   FISHEYE                       -> FISHEYE 192x144, pixels as they were: True
#   OPENCV_FISHEYE 1e-7 0 0 0     -> PINHOLE 221x154, pixels as they were: False
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pycolmap==4.2.1 numpy pillow
cd "$work"
cat > try.py <<'PYTHON'
import sys
from pathlib import Path

import numpy as np
import pycolmap
from PIL import Image

pycolmap.logging.minloglevel = 3
pixels = np.random.default_rng(0).integers(0, 256, (144, 192, 3), dtype=np.uint8)


def undistorted(name: str, lens: str) -> str:
    folder = Path(name)
    (folder / "model").mkdir(parents=True)
    (folder / "images").mkdir()
    (folder / "made").mkdir()
    (folder / "model" / "cameras.txt").write_text(f"1 {lens}\n")
    (folder / "model" / "images.txt").write_text("1 1 0 0 0 0 0 0 1 a.png\n\n")
    (folder / "model" / "points3D.txt").write_text("# none\n")
    Image.fromarray(pixels).save(folder / "images" / "a.png")
    pycolmap.undistort_images(folder / "made", folder / "model", folder / "images")
    camera = pycolmap.Reconstruction(folder / "made" / "sparse").cameras[1]
    with Image.open(folder / "made" / "images" / "a.png") as image:
        same = np.array_equal(np.asarray(image), pixels)
    return f"{camera.model_name} {camera.width}x{camera.height}, pixels as they were: {same}"


zero = pycolmap.Camera(model="OPENCV_FISHEYE", width=192, height=144, params=[150, 150, 96, 72, 0, 0, 0, 0])
pinhole = pycolmap.undistort_camera(pycolmap.UndistortCameraOptions(), zero)
first = f"{pinhole.model_name} {pinhole.width}x{pinhole.height}"
print(f"undistort_camera of OPENCV_FISHEYE 0 0 0 0: {first}")
seen = [
    undistorted("a", "OPENCV_FISHEYE 192 144 150 150 96 72 0 0 0 0"),
    undistorted("b", "FISHEYE 192 144 150 150 96 72"),
    undistorted("c", "OPENCV_FISHEYE 192 144 150 150 96 72 1e-7 0 0 0"),
]
for what, how in zip(("OPENCV_FISHEYE 0 0 0 0", "FISHEYE", "OPENCV_FISHEYE 1e-7 0 0 0"), seen):
    print(f"{what:<29} -> {how}")
expected = [
    "OPENCV_FISHEYE 192x144, pixels as they were: True",
    "FISHEYE 192x144, pixels as they were: True",
    "PINHOLE 221x154, pixels as they were: False",
]
sys.exit(0 if seen == expected and first == "PINHOLE 221x154" else 1)
PYTHON
"$work/venv/bin/python" try.py
