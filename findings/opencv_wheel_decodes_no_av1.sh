#!/usr/bin/env bash
# OpenCV 5.0's wheel opens a video of AV1, tells its size and number of frames, and then reads not one of them: the FFmpeg
# in it has no software decoder of AV1 (no libdav1d), and its own needs a GPU that decodes it ("Your platform doesn't
# support hardware accelerated AV1 decoding"). isOpened() is True, read() gives False, as at the end of a film.
#
# Seen with opencv-python-headless 5.0.0.93, Python 3.11, Linux x86-64, the video by imageio-ffmpeg 0.8.1 (ffmpeg 9.0.2,
# libsvtav1), which reads it, as PyAV 18.1.0 does. So a film of which no frame comes is not to be taken for an empty one.
#
# Exits with 1 where this has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    opencv-python-headless==5.0.0.93 imageio-ffmpeg==0.8.1 numpy
"$work/venv/bin/python" - "$work/film.mp4" 2> "$work/errors.txt" <<'PY'
import subprocess
import sys

import cv2
import imageio_ffmpeg

path, ffmpeg = sys.argv[1], imageio_ffmpeg.get_ffmpeg_exe()
source = ["-f", "lavfi", "-i", "testsrc=size=128x96:rate=10:duration=1"]
subprocess.run([ffmpeg, "-v", "error", *source, "-c:v", "libsvtav1", path], check=True, stderr=subprocess.DEVNULL)
decoded = subprocess.run([ffmpeg, "-v", "error", "-i", path, "-f", "rawvideo", "-"], capture_output=True, check=True)
print("ffmpeg reads", len(decoded.stdout) // (128 * 96 * 3 // 2), "frames")
video = cv2.VideoCapture(path)
count, there = int(video.get(cv2.CAP_PROP_FRAME_COUNT)), video.read()[0]
print(f"OpenCV: opened {video.isOpened()}, {count} frames, the first is read: {there}")
sys.exit(0 if video.isOpened() and count == 10 and not there else 1)
PY
