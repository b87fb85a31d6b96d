"""How near a picture is to its photograph."""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

from engines.core.images import SMALLEST_SIDE_PX


def psnr(image: Tensor, reference: Tensor) -> float:
    """Peak signal to noise ratio in dB, of [H, W, 3] in [0, 1]; inf where they are equal.

    Values outside [0, 1] are clamped, as a file or a screen would.
    """
    return float(peak_signal_noise_ratio(_clamped(image), _clamped(reference), data_range=1.0))


def ssim(image: Tensor, reference: Tensor) -> float:
    """Structural similarity of [H, W, 3] in [0, 1] (Wang et al. 2004: 11 pixel Gaussian of sigma 1.5); 1 where equal.

    Borders are mirrored and count, as torchmetrics has it; scikit-image leaves them out.

    Raises:
        ValueError: a side is shorter than the window.
    """
    if min(image.shape[:2]) < SMALLEST_SIDE_PX:
        raise ValueError(f"SSIM needs pictures of at least {SMALLEST_SIDE_PX} pixels a side, not {tuple(image.shape)}")
    value = structural_similarity_index_measure(_batch(image), _batch(reference), data_range=1.0)
    return float(value)  # type: ignore[arg-type]


def ssim_uniform(image: Tensor, reference: Tensor) -> float:
    """Structural similarity as scikit-image has it by default: windows of 7x7 pixels that count alike.

    It is what the authors of SRN report; a little lower than `ssim`.
    """
    # Here, not above: it takes a while to import, and only scores need it.
    from skimage.metrics import structural_similarity

    pair = (_clamped(x).numpy() for x in (image, reference))
    return float(structural_similarity(*pair, channel_axis=2, data_range=1.0))  # type: ignore[no-untyped-call]


def _clamped(image: Tensor) -> Tensor:
    return image.detach().to("cpu", torch.float32).clamp(0, 1)


def _batch(image: Tensor) -> Tensor:
    """[H, W, 3] -> [1, 3, H, W]"""
    return _clamped(image).permute(2, 0, 1)[None]
