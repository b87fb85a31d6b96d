"""Memory in large pieces: it can be written, and goes with its tensor."""

from __future__ import annotations

import psutil
import torch

from engines.core.networks.fresh_memory import LEAST_BYTES, copy_runs, fresh


def test_it_is_memory_like_any_other() -> None:
    for count in (5, LEAST_BYTES):
        made = fresh(torch.zeros(1), 2, count)
        made.fill_(3)
        assert made.shape == (2, count) and made.dtype == torch.float32
        assert float((made[0] + made[1]).sum(dtype=torch.float64)) == 6 * count


def test_it_is_given_back() -> None:
    used = psutil.Process().memory_info
    before = used().rss
    for _ in range(6):
        fresh(torch.zeros(1), 8 * LEAST_BYTES).fill_(1)
    # One is 256 MB.
    assert used().rss - before < 16 * LEAST_BYTES


def test_runs_are_copied_where_they_belong() -> None:
    of, into = torch.randn(4, 5, 2, 3), torch.zeros(4, 2, 5, 2, 3)
    copy_runs(into[:, 1], of)
    assert torch.equal(into[:, 1], of) and float(into[:, 0].abs().sum()) == 0
    copy_runs(into[:, 0, :, 1, :2], of[:, :, 0, 1:])
    assert torch.equal(into[:, 0, :, 1, :2], of[:, :, 0, 1:])
