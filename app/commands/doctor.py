"""`main.py doctor`: what of this machine the program finds, what is slow here and why, and what is missing."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import psutil

from app.cli import FAILED
from app.diagnostics import judging
from app.diagnostics.display import display_problem
from app.diagnostics.judging import Diagnosis
from app.diagnostics.probing import Facts, probed
from app.diagnostics.report import changed_settings, machine_rows, without_home
from app.settings import load_settings

PROBES = {
    "torch": "app.diagnostics.probes:torch_facts",
    "gpu": "app.diagnostics.probes:gpu_facts",
    "opengl": "app.gui.viewport.gl_probe:opengl_facts",
    "ffmpeg": "app.diagnostics.probes:ffmpeg_facts",
    "colmap": "app.diagnostics.probes:colmap_facts",
    "methods": "app.diagnostics.probes:method_facts",
    "folders": "app.diagnostics.probes:folder_facts",
}
SPEED = "app.diagnostics.speed:speed_facts"
AT_ONCE = 2
"""Probes; each imports a large library, which is mostly waiting for the disk."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")


def run(arguments: argparse.Namespace) -> int:
    """Prints what was found; 1 where something that is needed is missing."""
    rows = machine_rows() | {"Settings changed": changed_settings(load_settings())}
    no_display = display_problem(os.environ, sys.platform)
    facts: dict[str, Facts] = {}
    found: list[Diagnosis] = []
    if not arguments.json:
        _write("".join(f"{name.ljust(16)}  {value}\n" for name, value in rows.items()) + "\n")
    for diagnosis in _diagnoses(facts, no_display):
        found.append(diagnosis)
        if not arguments.json and diagnosis.state != "slow":
            _write(_line(diagnosis))
    if arguments.json:
        _write(_as_json(rows, facts, found))
    else:
        slow = [_line(diagnosis) for diagnosis in found if diagnosis.state == "slow"]
        _write("\nWhat is slow here\n" + ("".join(slow) or "nothing that could be measured in a few seconds\n"))
    return FAILED if any(diagnosis.state == "missing" for diagnosis in found) else 0


def _diagnoses(facts: dict[str, Facts], no_display: str) -> Iterator[Diagnosis]:
    """One after the other, as they are known; `facts` is filled with what they were made of."""
    left_out = {"opengl"} if no_display else set()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        begun = {name: pool.submit(probed, place) for name, place in PROBES.items() if name not in left_out}

        def known(name: str) -> Facts:
            if name in begun:
                facts[name] = begun[name].result()
            return facts.get(name, {})

        yield from judging.judge_torch(known("torch"))
        yield from judging.judge_gpu(known("gpu"), facts["torch"])
        yield from judging.judge_opengl(known("opengl"), no_display)
        yield from judging.judge_ffmpeg(known("ffmpeg"))
        yield from judging.judge_colmap(known("colmap"))
        yield from judging.judge_methods(known("methods"))
        yield from judging.judge_folders(known("folders"))
    there = psutil.virtual_memory()
    yield from judging.judge_memory(there.available, there.total)
    # Alone, as the others would take its time.
    load = 0.0
    with suppress(OSError, AttributeError):
        load = os.getloadavg()[0]
    facts["speed"] = {"error": "torch does not work"} if "error" in facts["torch"] else probed(SPEED)
    yield from judging.judge_speed(facts["speed"], load, int(facts["torch"].get("cores", 1)))


def _line(diagnosis: Diagnosis) -> str:
    way_out = f"{' ' * 18}-> {diagnosis.way_out}\n" if diagnosis.way_out else ""
    return f"{diagnosis.state.ljust(7)}  {diagnosis.topic.ljust(8)} {diagnosis.text}\n{way_out}"


def _write(text: str) -> None:
    # What is printed is put into reports of faults.
    sys.stdout.write(without_home(text))
    sys.stdout.flush()


def _as_json(rows: Mapping[str, str], facts: Mapping[str, Any], found: list[Diagnosis]) -> str:
    data = {"versions": dict(rows), "facts": dict(facts), "diagnoses": [asdict(diagnosis) for diagnosis in found]}
    return json.dumps(data, indent=2) + "\n"
