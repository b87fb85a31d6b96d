"""Real spherical harmonics with the Condon-Shortley sign, of degrees 0 to 4, m from -l to l in each."""

from __future__ import annotations

from engines.core.camera import Array
from engines.splats.compiled import compiled


@compiled
def write_harmonics(x: float, y: float, z: float, count: int, values: Array) -> None:
    """Writes the first `count` of them, 1, 4, 9, 16 or 25, into `values`; (x, y, z) is of length 1."""
    values[0] = 0.28209479177387814
    if count >= 4:
        values[1] = -0.4886025119029199 * y
        values[2] = 0.4886025119029199 * z
        values[3] = -0.4886025119029199 * x
    if count >= 9:
        values[4] = 1.0925484305920792 * x * y
        values[5] = -1.0925484305920792 * y * z
        values[6] = 0.31539156525252005 * (3 * z * z - 1)
        values[7] = -1.0925484305920792 * x * z
        values[8] = 0.5462742152960396 * (x * x - y * y)
    if count >= 16:
        values[9] = -0.5900435899266435 * y * (3 * x * x - y * y)
        values[10] = 2.890611442640554 * x * y * z
        values[11] = -0.4570457994644658 * y * (5 * z * z - 1)
        values[12] = 0.3731763325901154 * z * (5 * z * z - 3)
        values[13] = -0.4570457994644658 * x * (5 * z * z - 1)
        values[14] = 1.445305721320277 * z * (x * x - y * y)
        values[15] = -0.5900435899266435 * x * (x * x - 3 * y * y)
    if count >= 25:
        values[16] = 2.5033429417967046 * x * y * (x * x - y * y)
        values[17] = -1.7701307697799304 * y * z * (3 * x * x - y * y)
        values[18] = 0.9461746957575601 * x * y * (7 * z * z - 1)
        values[19] = -0.6690465435572892 * y * z * (7 * z * z - 3)
        values[20] = 0.10578554691520431 * (z * z * (35 * z * z - 30) + 3)
        values[21] = -0.6690465435572892 * x * z * (7 * z * z - 3)
        values[22] = 0.47308734787878004 * (x * x - y * y) * (7 * z * z - 1)
        values[23] = -1.7701307697799304 * x * z * (x * x - 3 * y * y)
        values[24] = 0.6258357354491761 * (x * x * (x * x - 3 * y * y) - y * y * (3 * x * x - y * y))
