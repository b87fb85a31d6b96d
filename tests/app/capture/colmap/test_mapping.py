"""Of several attempts the best is kept, and further ones are made only where photographs are left out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from app.capture.colmap import mapping
from app.capture.colmap.colmap_job import ColmapJob
from app.capture.colmap.mapping import Attempts, quick_attempts
from app.capture.colmap.structure_from_motion import pairing_of


@dataclass(frozen=True)
class Model:
    """As much of COLMAP's as is asked."""

    images: int
    error_px: float

    def num_reg_images(self) -> int:
        return self.images

    def compute_mean_reprojection_error(self) -> float:
        return self.error_px


@pytest.fixture
def attempts(tmp_path: Path) -> Attempts:
    names = {f"{index}.png": f"{index}.png" for index in range(10)}
    job = ColmapJob(tmp_path, names, None, tmp_path / "a.db", tmp_path, (tuple(names),), "exhaustive", 1)
    return Attempts(job, lambda done, attempt: None)


def test_most_photographs_are_kept_then_the_smaller_error(attempts: Attempts) -> None:
    first, second = attempts.job.database, attempts.job.database.with_name("b.db")
    attempts.take("one", {0: Model(2, 0.1), 1: Model(6, 0.9)}, first)
    attempts.take("two", {0: Model(6, 1.2)}, second)
    assert attempts.models == [Model(6, 0.9), Model(2, 0.1)] and attempts.database == first
    attempts.take("three", {0: Model(6, 0.4)}, second)
    assert attempts.models == [Model(6, 0.4)] and attempts.database == second
    attempts.take("four", {}, first)
    attempts.take("five", {0: Model(1, 0.0)}, first)
    assert attempts.placed == 6 and attempts.told == ["one: 6", "two: 6", "three: 6", "four: 0", "five: 0"]


@pytest.mark.parametrize(
    ("found", "made"),
    [
        ([10], [(False, False)]),
        ([6, 10], [(False, False), (True, True)]),
        ([6, 9], [(False, False), (True, True)]),
        ([2, 3, 5], [(False, False), (True, True), (False, True)]),
        ([0, 0, 0], [(False, False), (True, True), (False, True)]),
    ],
)
def test_further_attempts_are_made_where_photographs_are_left_out(
    attempts: Attempts, monkeypatch: pytest.MonkeyPatch, found: list[int], made: list[tuple[bool, bool]]
) -> None:
    asked = list[tuple[bool, bool]]()

    def incremental(pycolmap: object, attempts: Attempts, database: Path, loose: bool, several: bool) -> object:
        asked.append((loose, several))
        count = found[len(asked) - 1]
        return {0: Model(count, 0.5)} if count else {}

    monkeypatch.setattr(mapping, "_incremental", incremental)
    quick_attempts(None, attempts, attempts.job.database)
    assert asked == made and attempts.placed == max(found)


def test_what_is_compared_depends_on_how_many_and_their_order() -> None:
    assert pairing_of(150, None) == pairing_of(30, True) == "exhaustive"
    assert pairing_of(151, None) == "similar" and pairing_of(31, True) == "sequential"
