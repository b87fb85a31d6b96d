"""Commands under torchrun: what two processes do together is what one does, and they end together."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from engines.core.storage.run_folder import read_history, read_run_training
from tests.two_ranks import ROOT, TwoRanks, together

pytestmark = pytest.mark.slow

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
# 33: the two have shares of different sizes.
SMALL = ("rays_per_step=[33]", "lr=1e-6", "validate_every=1000000", "ema_decay=0.9")


def train(photographs: Path, out: Path, *settings: str) -> list[str]:
    chosen = [word for setting in (*SMALL, *settings) for word in ("--set", setting)]
    return ["train", str(photographs), "--method", "colour_grid", "--device", "cpu", "--out", str(out), *chosen]


def command(words: list[str]) -> int:
    """What `main.py` does with them in this process, alone or as one of two ranks."""
    parser = argparse.ArgumentParser()
    module = importlib.import_module(f"app.commands.{words[0]}")
    module.add_arguments(parser)
    return int(module.run(parser.parse_args(words[1:])))


@pytest.fixture(scope="module")
def learnt(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two steps by two processes."""
    out = tmp_path_factory.mktemp("learnt") / "run"
    first, second = together(train(photographs, out, "max_steps=2"))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.startswith(f"{out}: 2 steps, PSNR ")
    assert second.stdout == second.stderr == ""
    return out


def test_a_run_goes_on_with_another_number_of_processes(
    photographs: Path, learnt: Path, two_ranks: TwoRanks, tmp_path: Path
) -> None:
    assert [entry["step"] for entry in read_history(learnt)] == [2]
    assert len(list(learnt.glob("events.out.tfevents.*"))) == 1
    one = tmp_path / "one"
    assert command(train(photographs, one, "max_steps=2")) == 0
    # Begun by two, ended by one; and begun by one, ended by two.
    assert command([*train(photographs, learnt, "max_steps=4"), "--resume"]) == 0
    assert two_ranks(command, [*train(photographs, one, "max_steps=4"), "--resume"]) == [0, 0]
    first, other = read_run_training(learnt), read_run_training(one)
    assert first.step == other.step == 4
    for name, weights in first.weights.items():
        assert torch.allclose(weights, other.weights[name], rtol=0, atol=1e-5), name


def test_two_processes_render_and_evaluate_what_one_does(
    photographs: Path, learnt: Path, two_ranks: TwoRanks, tmp_path: Path
) -> None:
    render = ["render", str(learnt), "--path", "orbit", "--frames", "5", "--size", "32x24"]
    render += ["--channels", "rgb,depth", "--out"]
    evaluate = ["evaluate", str(learnt), "--data", str(photographs), "--split", "train", "--out"]
    for words, name in ((render, "orbit.mp4"), (render, "orbit"), (evaluate, "scores.json")):
        assert command([*words, str(tmp_path / "one" / name)]) == 0
        assert two_ranks(command, [*words, str(tmp_path / "two" / name)]) == [0, 0]
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert len(files) == 2 + 2 * 5 + 1
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file


def test_what_is_wrong_is_said_once(photographs: Path, learnt: Path, tmp_path: Path) -> None:
    ended = together(train(photographs, learnt))
    assert all(rank.returncode != 0 for rank in ended)
    lines = [line for rank in ended for line in rank.stderr.splitlines() if line.startswith("vantage: ")]
    assert lines == [f"vantage: {learnt}: holds a run already; go on with it by --resume, or name another folder"]
    assert "Traceback" not in ended[0].stderr + ended[1].stderr


def workers(out: Path) -> list[int]:
    """Processes of main.py that write `out`, youngest last."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                words = (folder / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if str(out) in words and "main.py" in words and "torch.distributed.run" not in words:
                found.append(int(folder.name))
    return sorted(found)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc")
def test_a_killed_worker_comes_back_and_a_signal_saves(photographs: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = train(photographs, out, "max_steps=100000000", "checkpoint_every=5")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    running = subprocess.Popen(
        [*TORCHRUN, "--max-restarts", "1", "main.py", *words],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_for(lambda: (out / "training.pt").is_file())
        killed = workers(out)
        os.kill(killed[-1], signal.SIGKILL)
        wait_for(lambda: len(workers(out)) == 2 and not set(workers(out)) & set(killed))
        saved = read_run_training(out).step
        wait_for(lambda: read_run_training(out).step > saved)
        # One process alone hears it, and all stop after the same step.
        os.kill(workers(out)[-1], signal.SIGTERM)
        said = running.communicate(timeout=60)[1]
    finally:
        running.kill()
        running.communicate()
    assert said.count("vantage: another process of this command has ended") == 1
    step = read_run_training(out).step
    assert step > saved >= 5
    assert f"stopped and saved at step {step}; the same command with --resume goes on" in said
    steps = [entry["step"] for entry in read_history(out)]
    # Steps that were done but not saved were done again, and stand there once.
    assert steps == sorted(set(steps))


def wait_for(happened: Callable[[], object], most_s: float = 90.0) -> None:
    end = time.monotonic() + most_s
    while not happened():
        assert time.monotonic() < end, "took too long"
        time.sleep(0.05)
