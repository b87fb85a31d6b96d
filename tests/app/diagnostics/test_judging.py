"""What facts of machines mean: machines that are well, slow for a reason, or lack something."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from app.diagnostics import judging
from app.diagnostics.judging import Diagnosis

OPENGL = {"renderer": "NVIDIA RTX", "vendor": "NVIDIA", "version": "4.6", "in_software": False, "upload_ms": 1.0}
TORCH = {
    "version": "2.6", "cuda_build": "12.4", "cuda": True, "mps": False, "threads": 8, "cores": 8,
    "vector_units": "AVX2", "onednn": True, "device": "cuda", "device_name": "RTX",
}  # fmt: skip
CPU = TORCH | {"device": "cpu", "device_name": "CPU, 8 threads", "cuda": False}
NVIDIA = {"nvidia": [{"name": "RTX", "driver": "550", "memory": "8 GB"}], "cards": []}
SPEED = {"threads": 8, "device": "cpu", "product": 400.0, "convolution": 200.0, "copy": 20.0}


def states(diagnoses: Iterable[Diagnosis]) -> list[str]:
    found = list(diagnoses)
    # Who is told of something that isn't well is told what to do.
    assert all(one.way_out for one in found if one.state in ("slow", "missing"))
    return [one.state for one in found]


def text(diagnoses: Iterable[Diagnosis]) -> str:
    return "; ".join(f"{one.text} -> {one.way_out}" for one in diagnoses)


@pytest.mark.parametrize(
    ("changed", "no_display", "expected", "said"),
    [
        ({}, "", ["ok"], "NVIDIA RTX, NVIDIA, 4.6"),
        ({"draws_gaussians": True}, "", ["ok"], "4.6; draws Gaussians while the camera moves"),
        ({"draws_gaussians": False}, "", ["ok"], "4.6; too old to draw Gaussians while the camera moves"),
        ({"upload_ms": 80.0}, "", ["ok", "slow"], "80 ms to the graphics card"),
        ({"renderer": "llvmpipe", "in_software": True}, "", ["slow"], "drawn in software"),
        ({"renderer": None}, "", ["slow"], "QPainter"),
        ({"error": "it crashed (SIGSEGV)"}, "", ["missing"], "SIGSEGV"),
        ({}, "there is no display", ["note"], "there is no display"),
    ],
)
def test_opengl(changed: dict[str, Any], no_display: str, expected: list[str], said: str) -> None:
    facts = OPENGL | changed
    assert states(judging.judge_opengl(facts, no_display)) == expected
    assert said in text(judging.judge_opengl(facts, no_display))


@pytest.mark.parametrize(
    ("gpu", "torch", "expected", "said"),
    [
        (NVIDIA, TORCH, ["ok"], "RTX, driver 550, 8 GB"),
        (NVIDIA, CPU | {"cuda_build": None}, ["ok", "slow"], "./vantage setup looks for the GPU again"),
        (NVIDIA, CPU, ["ok", "slow"], "built for CUDA 12.4, does not see it -> a newer NVIDIA driver"),
        ({"nvidia": [], "cards": []}, CPU, ["note"], "none that torch can use"),
        ({"nvidia": [], "cards": [{"vendor": "NVIDIA", "driver": "nouveau"}]}, CPU, ["slow", "note"], "nouveau"),
        ({"nvidia": [], "cards": [{"vendor": "Intel", "driver": "i915"}]}, CPU, ["ok", "note"], "Intel, driver i915"),
        ({"error": "it crashed"}, {"error": "none"}, [], ""),
    ],
)
def test_gpu(gpu: dict[str, Any], torch: dict[str, Any], expected: list[str], said: str) -> None:
    assert states(judging.judge_gpu(gpu, torch)) == expected
    assert said in text(judging.judge_gpu(gpu, torch))


@pytest.mark.parametrize(
    ("facts", "expected", "said"),
    [
        (TORCH, ["ok"], "2.6 on RTX"),
        (CPU, ["ok"], ""),
        (CPU | {"threads": 1}, ["ok", "slow"], "1 of 8 cores -> unset OMP_NUM_THREADS"),
        (CPU | {"vector_units": "DEFAULT"}, ["ok", "slow"], "no wide vector units"),
        (CPU | {"onednn": False}, ["ok", "slow"], "oneDNN"),
        (TORCH | {"threads": 1}, ["ok"], ""),
        ({"error": "ImportError: libcudart"}, ["missing"], "libcudart"),
    ],
)
def test_torch(facts: dict[str, Any], expected: list[str], said: str) -> None:
    assert states(judging.judge_torch(facts)) == expected
    assert said in text(judging.judge_torch(facts))


@pytest.mark.parametrize(
    ("changed", "load", "expected", "said"),
    [
        ({}, 0.0, ["ok"], "400 GFLOP/s in matrix products, 200 in convolutions; copies 20 GB/s"),
        ({"product_of_one_thread": 60.0}, 0.0, ["ok"], ""),
        ({"product_of_one_thread": 380.0}, 9.0, ["ok", "slow"], "1.1 times the work of one; 9.0 processes wanted 8"),
        ({"product_of_one_thread": 380.0}, 0.1, ["ok", "slow"], "1.1 times the work of one -> "),
        ({"convolution": 9.0}, 0.0, ["ok", "slow"], "convolutions are far slower"),
        ({"copy": 1.0}, 0.0, ["ok", "slow"], "memory gives 1.0 GB/s"),
        ({"device": "cuda", "device_product": 9e3, "device_convolution": 5e3}, 0.0, ["ok"], "on the cuda"),
        ({"device": "cuda", "device_product": 9e2, "device_convolution": 5e2}, 0.0, ["ok", "slow"], "hardly faster"),
    ],
)
def test_speed(changed: dict[str, Any], load: float, expected: list[str], said: str) -> None:
    facts = SPEED | changed
    assert states(judging.judge_speed(facts, load, 8)) == expected
    assert said in text(judging.judge_speed(facts, load, 8))


def test_speed_that_could_not_be_measured_is_no_fault() -> None:
    assert states(judging.judge_speed({"error": "it crashed"}, 0.0, 8)) == ["note"]


def test_encoders_that_are_missing_are_named_and_one_is_needed() -> None:
    there = {"H.264": "libx264", "AV1": ""}
    assert states(judging.judge_ffmpeg({"version": "7", "encoders": there})) == ["ok", "note"]
    assert "7; encodes H.264 (libx264)" in text(judging.judge_ffmpeg({"version": "7", "encoders": there}))
    assert states(judging.judge_ffmpeg({"version": "7", "encoders": there | {"H.264": ""}})) == [
        "ok",
        "missing",
        "note",
    ]
    assert states(judging.judge_ffmpeg({"error": "gone"})) == ["missing"]


def test_colmap() -> None:
    assert text(judging.judge_colmap({"version": "4.2", "cuda": True})).startswith("4.2, with CUDA")
    assert states(judging.judge_colmap({"error": "gone"})) == ["missing"]


def test_a_plug_in_that_fails_is_a_note_and_a_method_of_ours_is_missing() -> None:
    facts = {"working": {"grid": "toys 1.0"}, "failed": {"toy": "KeyError", "own": "SyntaxError"}, "own": ["own"]}
    assert states(judging.judge_methods(facts)) == ["ok", "note", "missing"]
    assert "grid (toys 1.0)" in text(judging.judge_methods(facts)) and "KeyError" in text(judging.judge_methods(facts))
    assert states(judging.judge_methods({"error": "it crashed"})) == ["missing"]


def test_memory_and_folders() -> None:
    assert states(judging.judge_memory(8e9, 16e9)) == ["ok"] and states(judging.judge_memory(1e9, 16e9)) == ["slow"]
    found = {
        "Runs": {"place": "/runs", "free": 5e11, "problem": ""},
        "Settings": {"place": "/s", "free": 1e8, "problem": ""},
        "Log": {"place": "/l", "free": None, "problem": "Permission denied"},
    }
    assert states(judging.judge_folders(found)) == ["ok", "slow", "missing"]
    assert "/s: only 100 MB free" in text(judging.judge_folders(found)) and "Permission" in text(
        judging.judge_folders(found)
    )
    assert states(judging.judge_folders({"error": "no answer within 60 s"})) == ["missing"]
