"""`main.py doctor`: every part is named, what is missing is its exit code, and nothing can end it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.commands import doctor
from app.diagnostics import probes, speed
from app.diagnostics.probing import probed

WELL: Mapping[str, Mapping[str, Any]] = {
    "torch_facts": {
        "version": "2.6", "cuda_build": None, "cuda": False, "mps": False, "threads": 2, "cores": 2,
        "vector_units": "AVX2", "onednn": True, "device": "cpu", "device_name": "CPU, 2 threads",
    },
    "gpu_facts": {"nvidia": [], "cards": []},
    "opengl_facts": {"renderer": "RTX", "vendor": "NVIDIA", "version": "4", "in_software": False, "upload_ms": 1.0},
    "ffmpeg_facts": {"version": "7", "encoders": {"H.264": "libx264"}},
    "colmap_facts": {"version": "4", "cuda": False},
    "method_facts": {"working": {"grid": ""}, "failed": {}, "own": ["grid"]},
    "folder_facts": {"Runs": {"place": "/runs", "free": 1e12, "problem": ""}},
    "speed_facts": {"threads": 2, "device": "cpu", "product": 100.0, "convolution": 50.0, "copy": 10.0},
}  # fmt: skip
Answer = Callable[..., Mapping[str, Any]]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has the probes answer as on a machine where all is well, but for what is given."""
    monkeypatch.setattr(doctor, "display_problem", lambda environment, platform: "")

    def answer(**changed: Mapping[str, Any]) -> None:
        facts = {**WELL, **changed}
        monkeypatch.setattr(doctor, "probed", lambda place: facts[place.partition(":")[2]])

    return answer


def test_where_all_is_well_it_says_so(answering: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    answering()
    assert cli.main(["doctor"]) == 0
    said = capsys.readouterr()
    for topic in ("torch", "GPU", "OpenGL", "ffmpeg", "COLMAP", "Methods", "Runs", "Memory", "Speed", "Settings"):
        assert topic in said.out
    assert "missing " not in said.out and said.err == ""


def test_what_is_missing_is_its_exit_code(answering: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    answering(colmap_facts={"error": "it crashed (SIGILL)"}, opengl_facts={**WELL["opengl_facts"], "in_software": True})
    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr().out
    above, _, slow = said.partition("What is slow here\n")
    assert "missing  COLMAP" in above and "it crashed (SIGILL)" in above and "-> ./vantage setup" in above
    assert "slow     OpenGL" in slow and "OpenGL" not in above


def test_json_is_one_object(answering: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    answering(torch_facts={"error": "ImportError: libtorch"})
    assert cli.main(["doctor", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["facts"]["ffmpeg"]["encoders"] == {"H.264": "libx264"} and "Python" in data["versions"]["Vantage"]
    assert {"torch", "Speed", "GPU"} >= {one["topic"] for one in data["diagnoses"] if one["state"] == "missing"}
    assert data["facts"]["speed"] == {"error": "torch does not work"}


def test_without_a_display_opengl_is_not_asked_for(
    answering: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(opengl_facts={"error": "it was asked"})
    monkeypatch.setattr(doctor, "display_problem", lambda environment, platform: "there is no display")
    assert cli.main(["doctor"]) == 0
    assert "OpenGL   not looked at: there is no display" in capsys.readouterr().out


def test_no_path_of_the_home_is_printed(
    answering: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    answering(folder_facts={"Runs": {"place": f"{tmp_path}/vantage-runs", "free": 1e12, "problem": ""}})
    for words in (["doctor"], ["doctor", "--json"]):
        assert cli.main(words) == 0
        said = capsys.readouterr().out
        assert "~/vantage-runs" in said and str(tmp_path) not in said


@pytest.mark.slow
@pytest.mark.parametrize("name", [*doctor.PROBES, "speed"])
def test_every_probe_answers_here(name: str, qapp: object) -> None:
    """In a process of its own, as the command asks it."""
    facts = probed(doctor.PROBES.get(name, doctor.SPEED))
    assert "error" not in facts and json.loads(json.dumps(facts)) == facts


def test_facts_of_this_machine_are_sound() -> None:
    assert probes.torch_facts()["threads"] >= 1 and probes.colmap_facts()["version"]
    assert set(probes.ffmpeg_facts()["encoders"]) == set(probes.ENCODERS)
    assert probes.ffmpeg_facts()["encoders"]["H.264"] == "libx264"
    assert set(probes.method_facts()["own"]) <= {*probes.method_facts()["working"], *probes.method_facts()["failed"]}
    folders = probes.folder_facts()
    assert folders["Settings"]["free"] > 0 and folders["Settings"]["problem"] == ""
    measured = speed.speed_facts()
    assert all(measured[name] > 0 for name in ("product", "convolution", "copy"))


def test_a_folder_that_cannot_be_written_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VANTAGE_CONFIG_DIR", str(tmp_path / "file" / "below"))
    assert "Not a directory" in probes.folder_facts()["Settings"]["problem"]


def test_cards_are_read_of_what_nvidia_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = tmp_path / "nvidia-smi"
    told.write_text("#!/bin/sh\necho 'NVIDIA H200, 570.1, 143771 MiB'\n")
    told.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert probes.gpu_facts()["nvidia"] == [{"name": "NVIDIA H200", "driver": "570.1", "memory": "143771 MiB"}]
    told.write_text("#!/bin/sh\nexit 9\n")
    assert probes.gpu_facts()["nvidia"] == []
