from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from engines.core.learning import metrics


def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    """[24, 32, 3] at random, and the same with noise; both in [0, 1]."""
    generator = torch.Generator().manual_seed(0)
    picture = torch.rand(24, 32, 3, generator=generator)
    return picture, (picture + 0.2 * torch.randn(24, 32, 3, generator=generator)).clamp(0, 1)


def test_psnr_of_a_uniform_error() -> None:
    grey = torch.full((12, 16, 3), 0.5)
    # An error of a tenth of the range: -10 log10(0.01).
    assert metrics.psnr(grey + 0.1, grey) == pytest.approx(20.0, abs=1e-4)


def test_psnr_is_over_all_values_at_once() -> None:
    reference = torch.zeros(2, 2, 3)
    image = reference.clone()
    image[0, 0, 0] = 1.0
    assert metrics.psnr(image, reference) == pytest.approx(10 * math.log10(12), abs=1e-4)


def test_equal_pictures() -> None:
    picture, _ = pictures()
    assert metrics.psnr(picture, picture) == math.inf
    assert metrics.ssim(picture, picture) == pytest.approx(1.0, abs=1e-6)


def test_values_beyond_the_range_are_clamped() -> None:
    white = torch.ones(12, 12, 3)
    assert metrics.psnr(white * 1.5, white) == math.inf
    assert metrics.ssim(white * 1.5, white) == pytest.approx(1.0, abs=1e-6)


def test_ssim_is_that_of_wang_et_al_with_mirrored_borders() -> None:
    # scikit-image leaves out the 5 pixels that the window overhangs: of the mirrored pictures, just the mirrored ones.
    picture, noisy = (np.pad(x.double().numpy(), ((5, 5), (5, 5), (0, 0)), mode="reflect") for x in pictures())
    expected = structural_similarity(
        picture,
        noisy,
        data_range=1.0,
        channel_axis=2,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    # float32 against float64.
    assert metrics.ssim(*reversed(pictures())) == pytest.approx(float(expected), abs=1e-5)


def test_ssim_refuses_what_is_smaller_than_its_window() -> None:
    with pytest.raises(ValueError, match="at least 11 pixels"):
        metrics.ssim(torch.zeros(10, 32, 3), torch.zeros(10, 32, 3))


def test_uniform_ssim_is_the_papers() -> None:
    """By hand on one window: means, variances over n - 1, covariance (Wang et al. 2004, eq. 13)."""
    picture, noisy = (x[:7, :7].double() for x in pictures())
    values = []
    for channel in range(3):
        x, y = picture[..., channel].flatten(), noisy[..., channel].flatten()
        covariance = torch.cov(torch.stack([x, y]))
        c1, c2 = 0.01**2, 0.03**2
        mean = (2 * x.mean() * y.mean() + c1) / (x.mean() ** 2 + y.mean() ** 2 + c1)
        values.append(mean * (2 * covariance[0, 1] + c2) / (covariance[0, 0] + covariance[1, 1] + c2))
    found = metrics.ssim_uniform(noisy.float(), picture.float())
    assert found == pytest.approx(float(sum(values) / 3), abs=1e-5)
