"""How the spherical harmonics of `harmonics.py` change with the direction, for degrees 0 to 3."""

from __future__ import annotations

from engines.core.camera import Array
from engines.splats.compiled import compiled


@compiled
def write_harmonic_gradients(x: float, y: float, z: float, count: int, slopes: Array) -> None:
    """Writes the derivatives of the first `count` polynomials, 1, 4, 9 or 16, along x, y and z into `slopes` [K, 3]."""
    slopes[:count] = 0
    if count >= 4:
        slopes[1, 1] = -0.4886025119029199
        slopes[2, 2] = 0.4886025119029199
        slopes[3, 0] = -0.4886025119029199
    if count >= 9:
        slopes[4, 0], slopes[4, 1] = 1.0925484305920792 * y, 1.0925484305920792 * x
        slopes[5, 1], slopes[5, 2] = -1.0925484305920792 * z, -1.0925484305920792 * y
        slopes[6, 2] = 6 * 0.31539156525252005 * z
        slopes[7, 0], slopes[7, 2] = -1.0925484305920792 * z, -1.0925484305920792 * x
        slopes[8, 0], slopes[8, 1] = 2 * 0.5462742152960396 * x, -2 * 0.5462742152960396 * y
    if count >= 16:
        xx, yy, zz = x * x, y * y, z * z
        slopes[9, 0], slopes[9, 1] = -0.5900435899266435 * 6 * x * y, -0.5900435899266435 * (3 * xx - 3 * yy)
        slopes[10, 0], slopes[10, 1] = 2.890611442640554 * y * z, 2.890611442640554 * x * z
        slopes[10, 2] = 2.890611442640554 * x * y
        slopes[11, 1], slopes[11, 2] = -0.4570457994644658 * (5 * zz - 1), -0.4570457994644658 * 10 * y * z
        slopes[12, 2] = 0.3731763325901154 * (15 * zz - 3)
        slopes[13, 0], slopes[13, 2] = -0.4570457994644658 * (5 * zz - 1), -0.4570457994644658 * 10 * x * z
        slopes[14, 0], slopes[14, 1] = 1.445305721320277 * 2 * x * z, -1.445305721320277 * 2 * y * z
        slopes[14, 2] = 1.445305721320277 * (xx - yy)
        slopes[15, 0], slopes[15, 1] = -0.5900435899266435 * (3 * xx - 3 * yy), 0.5900435899266435 * 6 * x * y
