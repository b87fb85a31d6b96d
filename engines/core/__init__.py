"""What every engine shares: cameras, frames, datasets, scene files.

Conventions, everywhere in Vantage (a test for each row in `tests/engines/core/test_conventions.py`):

| what | convention |
|---|---|
| camera axes | OpenCV: +x right, +y down, +z forward |
| pose | `camera_to_world`, 4x4 float64 |
| pixel (column u, row v) | sampled at (u + 0.5, v + 0.5) from the top left corner |
| sizes | `size_px` is (width, height); arrays are [H, W, ...] |
| image | [H, W, 3] float32 in [0, 1], sRGB as stored |
| depth | [H, W] float32 along +z of the camera, world units; +inf where nothing is hit |
| direction | of unit length |

Other conventions are converted at two doors only: `engines/core/formats/*` for data and `<engine>/upstream.py`
for weights. An engine that must keep its paper's pixel grid converts in its own folder and says so.
"""
