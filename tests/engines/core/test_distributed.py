"""What ranks divide, agree on and tell each other."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from engines.core import distributed
from engines.core.distributed import ALONE, Rank, Share
from engines.core.errors import Unreadable, UserError
from tests.two_ranks import TwoRanks


@pytest.mark.parametrize(("total", "count"), [(7, 2), (8, 3), (2, 4), (0, 2)])
def test_shares_are_all_there_is_and_alike(total: int, count: int) -> None:
    shares = [Rank(number, count).share(total) for number in range(count)]
    assert [row for share in shares for row in range(total)[share.rows]] == list(range(total))
    sizes = [share.end - share.begin for share in shares]
    assert max(sizes) - min(sizes) <= 1
    assert total == 0 or sum(share.part for share in shares) == pytest.approx(1)


def test_a_rank_without_work_is_refused() -> None:
    assert Rank(1, 2).share_of_batch(2, "batch_size") == Share(1, 2, 2)
    with pytest.raises(UserError, match=r"batch_size=2 can't be divided among 3 processes: set it to 3 or more"):
        Rank(0, 3).share_of_batch(2, "batch_size")


def test_alone_nothing_happens() -> None:
    module = torch.nn.Linear(1, 1)
    values = torch.tensor([1.0, 2.0])
    assert distributed.here() == ALONE == distributed.join(torch.device("cpu")) and distributed.launched() == 1
    assert distributed.data_parallel(module) is module
    assert distributed.mean_of(values, Share(0, 1, 1)) is values and distributed.all_reduce(values) is values
    assert distributed.all_gather("a") == ["a"] and distributed.any_of(True) and not distributed.any_of(False)
    assert distributed.reports_first() and not distributed.restarted() and distributed.launch() == ""
    assert not torch.distributed.is_initialized()


def test_a_launch_has_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(distributed.ENVIRONMENT, ("0", "2", "here", "1"), strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    unnamed = distributed.launch()
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "job42")
    assert distributed.launch() == "job42" and unnamed not in ("", "none")
    assert not distributed.restarted()
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    assert distributed.restarted()


def test_mps_is_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(distributed.ENVIRONMENT, ("0", "2", "here", "1"), strict=True):
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match="mps"):
        distributed.join(torch.device("mps"))


def talk() -> list[Any]:
    """What a rank learns of both."""
    rank = distributed.here()
    value = {"of": rank.number, "text": "ä" * (1 + 5000 * rank.number)}
    whole = distributed.broadcast_bytes(b"a checkpoint" * 1000 if rank.is_first else b"")
    mean = distributed.mean_of(torch.tensor([float(rank.number)]), rank.share(3))
    told = [(each["of"], len(each["text"])) for each in distributed.all_gather(value)]
    agreed = [distributed.any_of(False), distributed.any_of(rank.number == 1)]
    return [told, distributed.broadcast(rank.number + 5), len(whole), float(mean), agreed]


def test_ranks_tell_each_other(two_ranks: TwoRanks) -> None:
    expected = [[[0, 1], [1, 5001]], 5, 12000, pytest.approx(2 / 3), [False, True]]
    assert two_ranks(talk) == [expected, expected]


def read_together(broken: int) -> str:
    """What is read, or what is said."""

    def read() -> str:
        if distributed.here().number == broken:
            raise Unreadable(f"photo {broken} can't be read")
        return "pixels"

    try:
        return distributed.together(read)
    except Unreadable as error:
        return str(error)


def test_what_one_rank_can_not_read_none_has_read(two_ranks: TwoRanks) -> None:
    assert two_ranks(read_together, 1) == ["photo 1 can't be read"] * 2
    assert two_ranks(read_together, 5) == ["pixels"] * 2


def speak() -> bool:
    return distributed.reports_first()


def test_one_rank_speaks(two_ranks: TwoRanks) -> None:
    assert sorted(two_ranks(speak)) == [False, True]
