"""What an export takes of what drawing or encoding take alone; and of what one process takes, two of them.

An export draws a frame while the ones before are encoded, so at best it is as fast as the slower of the two. Where both
want all cores it can't be that fast, either: the processor time that both take is what the cores have to give. So there
are two figures: of the slower alone, and of what the cores allow.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import SPINS
from tests.app.export_rounds import CASES, divided
from tests.benchmarks.measuring import Measure
from tests.two_ranks import ROOT, TwoRanks


@pytest.mark.parametrize("name", CASES)
def benchmark_video(name: str, measure: Measure, tmp_path: Path) -> None:
    """The part of its speed that the slower of both alone has."""
    command = [sys.executable, "-m", "tests.app.export_rounds", name, str(tmp_path)]
    environment = {**os.environ, "GOMP_SPINCOUNT": SPINS}

    def rounds() -> list[dict[str, float]]:
        done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
        return list(json.loads(done.stdout))

    found = measure.rounds(rounds, 1)[0]

    def each(what: str) -> list[float]:
        return [round_[what] for round_ in found]

    measure.figure("", each("speed"), "x", at_least=0.95)
    measure.figure("of what the cores allow", each("allowed"), "x", at_least=0.95)
    measure.figure("processor time, of both alone", each("work"), "x")
    measure.figure("drawing", each("drawing_ms"), "ms")
    measure.figure("encoding", each("encoding_ms"), "ms")
    measure.figure("others' part of the machine", each("others"), "")


def benchmark_two_workers(measure: Measure, two_ranks: TwoRanks, tmp_path: Path) -> None:
    """How many times as fast as one process of a thread two render that are begun already, and as they draw."""
    found = measure.rounds(lambda: two_ranks(divided, str(tmp_path))[0], 1)[0]
    measure.figure("", [one / two for one, two, _, _ in found], "x", at_least=1.85)
    measure.figure("drawing alone", [one / two for _, _, one, two in found], "x")
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()
