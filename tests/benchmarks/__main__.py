"""Runs benchmarks, each in a process of its own, prints their figures, and adds them to the history.

`./vantage benchmark` runs all, `./vantage benchmark NAME` those with NAME in their name, `--gpu` those of a GPU. It
ends with 1 where a figure misses its bound. A machine that does something else meanwhile makes figures that mean
little: it is said.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import torch

ROOT = Path(__file__).resolve().parent.parent.parent
HISTORY = Path(__file__).with_name("history.jsonl")
"""A run a line: when, of which commit, on what machine, and the figures."""
BUSY_LOAD = 0.7
HEAD = f"{'benchmark':<50} {'median':>9}     {'from round to round':>20} {'rounds':>7}   bound"
PYTEST = (
    "-q", "--no-header", "-p", "no:xdist", "-p", "benchmark", "-p", "tests.benchmarks.measuring",
    "-o", "addopts=--strict-markers", "-o", "python_files=benchmark_*.py", "-o", "python_functions=benchmark_*",
    "-o", "timeout=1800",
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """What a benchmark has measured, a value for each round; their median is held against the bound."""

    name: str
    values: tuple[float, ...]
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def keeps(self) -> bool:
        """Its bound."""
        low = -float("inf") if self.at_least is None else self.at_least
        high = float("inf") if self.at_most is None else self.at_most
        return low <= self.median <= high

    @property
    def bound(self) -> str:
        bounds = ((">=", self.at_least), ("<=", self.at_most))
        return ", ".join(f"{sign} {value:g}" for sign, value in bounds if value is not None)


def main(words: Sequence[str] | None = None) -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(prog="./vantage benchmark", description="Measures how fast things are.")
    parser.add_argument("name", nargs="?", default="", help="those with this in their name; all without it")
    parser.add_argument("--list", action="store_true", help="only tell their names")
    parser.add_argument("--gpu", action="store_true", help="those of a GPU instead (docs/gpu.md)")
    asked = parser.parse_args(words)
    if asked.gpu and not asked.list and not torch.cuda.is_available():
        say("torch sees no CUDA device here; ./vantage setup looks for one again")
        return 2
    os.chdir(ROOT)
    chosen = [
        test for test in collected() if asked.name.lower() in spoken(test).lower() and is_of_gpu(test) == asked.gpu
    ]
    if not chosen:
        say(f"no benchmark has {asked.name!r} in its name; ./vantage benchmark --list has them all")
        return 2
    if asked.list:
        say("\n".join(map(spoken, chosen)))
        return 0
    load, changed = os.getloadavg()[0], is_changed()
    if load > BUSY_LOAD:
        say(f"the machine is busy (load {load:.1f}): wait until it is not, or take no figure for true\n")
    say(HEAD)
    figures: list[Figure] = []
    failed: list[str] = []
    told: dict[str, Any] = {}
    for test in chosen:
        told_now, found = run(test)
        figures += found
        for figure in found:
            say(row(figure))
        if not found:
            failed.append(spoken(test))
        told = told_now or told
    if figures:
        say(footer(told, load, changed))
        remember(told, load, changed, figures)
    missed = [figure.name for figure in figures if not figure.keeps]
    for what, names in (("failed", failed), ("missed its bound", missed)):
        for name in names:
            say(f"{what}: {name}")
    return int(bool(failed or missed))


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Collector:
    """A plug-in that keeps what pytest finds."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.found = [item.nodeid for item in session.items]


def collected() -> list[str]:
    """The benchmarks, as pytest names them."""
    collector, heard = Collector(), io.StringIO()
    with contextlib.redirect_stdout(heard):
        code = pytest.main([*PYTEST, "--collect-only", "tests"], plugins=[collector])
    if code != pytest.ExitCode.OK:
        raise SystemExit(heard.getvalue())
    return collector.found


def is_of_gpu(test: str) -> bool:
    """Whether it measures a GPU, which not every machine has."""
    return Path(test.split("::", 1)[0]).name == "benchmark_gpu.py"


def spoken(test: str) -> str:
    """`tests/engines/srn/benchmark_drawing.py::benchmark_view[128]` as `engines/srn drawing view 128`."""
    path, name = test.split("::", 1)
    folder, file = Path(path).parent, Path(path).stem
    words = f"{file} {name}".replace("benchmark_", "").replace("_", " ").replace("[", " ").replace("]", "")
    return f"{folder.relative_to('tests').as_posix()} {words}"


def run(test: str) -> tuple[dict[str, Any], list[Figure]]:
    """Of one benchmark machine and commit, as pytest-benchmark tells them, and its figures; none where it failed.

    In a process of its own, as the program is: else the allocator holds what another benchmark has left, and what
    needs much memory is timed without fetching it from the system.
    """
    with tempfile.TemporaryDirectory() as folder:
        told_in = Path(folder) / "told.json"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *PYTEST, f"--benchmark-json={told_in}", test],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        if done.returncode != 0 or not told_in.is_file():
            say(done.stdout)
            return {}, []
        told = json.loads(told_in.read_text())
    (benchmark,) = told["benchmarks"]
    return told, list(_figures(spoken(test), benchmark["extra_info"]["figures"]))


def _figures(name: str, said: list[dict[str, Any]]) -> Iterator[Figure]:
    for figure in said:
        what = figure.pop("what")
        yield Figure(name=f"{name}: {what}" if what else name, values=tuple(figure.pop("values")), **figure)


def row(figure: Figure) -> str:
    spread = f"{min(figure.values):.2f} to {max(figure.values):.2f}"
    missed = "" if figure.keeps else "   MISSED"
    return (
        f"{figure.name:<50} {figure.median:9.2f} {figure.unit:<3} {spread:>20} {len(figure.values):7d}   "
        f"{figure.bound}{missed}"
    )


def is_changed() -> bool:
    """Whether there is more in the tree than the commit, besides the history."""
    words = ["git", "status", "--porcelain", "--untracked-files=no", "--", ".", f":!{HISTORY.relative_to(ROOT)}"]
    return bool(subprocess.run(words, cwd=ROOT, capture_output=True, text=True).stdout.strip())


def footer(told: dict[str, Any], load: float, changed: bool) -> str:
    machine = machine_of(told)
    gpu = "" if machine["device"] == "cpu" else f"{machine['device']}; "
    return (
        f"{gpu}{machine['cpu']}, {machine['cores']} cores, {machine['threads']} threads, load {load:.1f} before; "
        f"torch {machine['torch']}, Python {machine['python']}, {machine['system']}; "
        f"commit {told['commit_info']['id'][:12]}{' with changes' if changed else ''}"
    )


def machine_of(told: dict[str, Any]) -> dict[str, Any]:
    """What figures depend on besides the commit."""
    info = told["machine_info"]
    return {
        "cpu": info["cpu"].get("brand_raw", info["machine"]),
        "cores": os.cpu_count(),
        "threads": told["benchmarks"][0]["extra_info"]["threads"],
        "device": told["benchmarks"][0]["extra_info"]["device"],
        "torch": metadata.version("torch"),
        "python": info["python_version"],
        "system": info["system"],
    }


def remember(told: dict[str, Any], load: float, changed: bool, figures: Sequence[Figure]) -> None:
    """Adds a line to the history."""
    results = {
        figure.name: {
            "median": _short(figure.median),
            "low": _short(min(figure.values)),
            "high": _short(max(figure.values)),
            "unit": figure.unit,
            "bound": figure.bound,
        }
        for figure in figures
    }
    line = {
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": told["commit_info"]["id"][:12],
        "changed": changed,
        "machine": machine_of(told),
        "load": _short(load),
        "figures": results,
    }
    with HISTORY.open("a") as history:
        history.write(json.dumps(line) + "\n")


def _short(value: float) -> float:
    return float(f"{value:.4g}")


if __name__ == "__main__":
    sys.exit(main())
