"""How near a picture is to its photograph.

Where only some pixels count (`valid`, [H, W] bool), PSNR is over these, and structural similarity over the windows that
hold no other; where no window is free of others, over those whose middle counts.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.data.images import SMALLEST_SIDE_PX

# torchmetrics and scikit-image are imported by who scores a picture: it takes a second, which each start would wait.

WINDOW_PX, UNIFORM_PX = SMALLEST_SIDE_PX, 7
"""Sides of the windows that are compared: Gaussian ones, and such as count alike."""


def psnr(image: Tensor, reference: Tensor, valid: Tensor | None = None) -> float:
    """Peak signal to noise ratio in dB, of [H, W, 3] in [0, 1]; inf where they are equal.

    Values outside [0, 1] are clamped, as a file or a screen would.
    """
    if valid is not None:
        # In double precision, as a mean over few pixels should be no worse than one over all.
        error = (_clamped(image) - _clamped(reference))[valid.cpu()].double().square().mean()
        return float(-10 * torch.log10(error))
    from torchmetrics.functional.image import peak_signal_noise_ratio

    return float(peak_signal_noise_ratio(_clamped(image), _clamped(reference), data_range=1.0))


def ssim(image: Tensor, reference: Tensor, valid: Tensor | None = None) -> float:
    """Structural similarity of [H, W, 3] in [0, 1] (Wang et al. 2004: 11 pixel Gaussian of sigma 1.5); 1 where equal.

    Borders are mirrored and count, as torchmetrics has it; scikit-image leaves them out.

    Raises:
        ValueError: a side is shorter than the window.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure

    if min(image.shape[:2]) < SMALLEST_SIDE_PX:
        raise ValueError(f"SSIM needs pictures of at least {SMALLEST_SIDE_PX} pixels a side, not {tuple(image.shape)}")
    pair = (_batch(image), _batch(reference))
    if valid is not None:
        _, full = structural_similarity_index_measure(*pair, data_range=1.0, return_full_image=True)
        return _mean_of_windows(full[0], valid, WINDOW_PX)
    value = structural_similarity_index_measure(*pair, data_range=1.0)
    return float(value)  # type: ignore[arg-type]


def ssim_uniform(image: Tensor, reference: Tensor, valid: Tensor | None = None) -> float:
    """Structural similarity of [H, W, 3] in [0, 1] by scikit-image's defaults: 7x7 windows of equal weights.

    It is what the authors of SRN report; a little lower than `ssim`.
    """
    from skimage.metrics import structural_similarity

    pair = (_clamped(x).numpy() for x in (image, reference))
    if valid is not None:
        _, full = structural_similarity(*pair, channel_axis=2, data_range=1.0, full=True)
        # scikit-image's own mean leaves out the border, too.
        return _mean_of_windows(torch.from_numpy(full).permute(2, 0, 1), valid, UNIFORM_PX, UNIFORM_PX // 2)
    return float(structural_similarity(*pair, channel_axis=2, data_range=1.0))


def _mean_of_windows(full: Tensor, valid: Tensor, side_px: int, border_px: int = 0) -> float:
    """The mean of [3, H, W] similarities over the windows that hold only pixels of `valid` [H, W].

    Args:
        border_px: of the windows' middles, left out on each side.
    """
    others = F.max_pool2d((~valid.cpu())[None].float(), side_px, stride=1, padding=side_px // 2)[0]
    inner = torch.zeros_like(others, dtype=torch.bool)
    rows, columns = (slice(border_px, side - border_px) for side in inner.shape)
    inner[rows, columns] = True
    whole = inner & (others == 0)
    return float(full[:, whole if whole.any() else valid.cpu()].double().mean())


def _clamped(image: Tensor) -> Tensor:
    return image.detach().to("cpu", torch.float32).clamp(0, 1)


def _batch(image: Tensor) -> Tensor:
    """[H, W, 3] -> [1, 3, H, W]"""
    return _clamped(image).permute(2, 0, 1)[None]
