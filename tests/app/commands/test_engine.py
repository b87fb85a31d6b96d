"""`main.py engine`: the list of the methods, and what is printed of one that is tried."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import cli
from engines import registry
from tests.docs.page import METHOD, among_engines, engine_source, write_method
from tests.engines.core.examples import write_part


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The method of docs/add-a-method.md, which never asks whether it is to stop."""
    source = engine_source().replace("            if stop():\n                raise Cancelled\n", "")
    write_method(tmp_path / "methods", source)
    with among_engines(tmp_path / "methods", monkeypatch):
        yield


def test_lists_what_there_is_and_what_can_not_be_used(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = importlib.metadata.EntryPoint("gone", "no_such_module:ENGINE", registry.ENTRY_POINTS)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [entry])
    registry._found.cache_clear()
    try:
        assert cli.main(["engine"]) == 0
        printed = capsys.readouterr().out
        assert "gone" in printed and "can't be used: ModuleNotFoundError: No module named 'no_such_module'" in printed
        assert cli.main(["engine", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert "no_such_module" in told["failed"]["gone"]
        for name, engine in registry.all_engines().items():
            assert told["engines"][name]["title"] == engine.title
            assert told["engines"][name]["from"] == f"engines/{name}"
        assert cli.main(["engine", "gone"]) == 1
        assert "engine gone can't be used" in capsys.readouterr().err
    finally:
        registry._found.cache_clear()


def test_a_check_that_fails_is_an_exit_code_and_a_line(broken: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["engine", METHOD]) == 1
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert [line for line in lines if not line.startswith("ok ")] == [
        f"FAILED     {METHOD}.render ends when it is told to stop: it never asks stop(); "
        "a picture that nobody wants any more must end soon, by Cancelled"
    ]
    assert f"1 of {len(lines)} checks failed, of {METHOD}.render; the lines say why" in told.err


def test_on_data_and_options_of_ones_own(broken: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_part(tmp_path / "data", views=4)
    assert cli.main(["engine", METHOD, "--data", str(data), "--set", "rays=8", "--json"]) == 1
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert {check["state"] for check in checks} == {"ok", "FAILED"}
    assert any(check["text"] == "on data: 4 photographs" for check in checks)
    assert cli.main(["engine", METHOD, "--data", str(data), "--set", "rays=0"]) == 1
    assert "rays=0: must be greater than or equal to 1" in capsys.readouterr().out
    assert cli.main(["engine", "--data", str(data)]) == 1
    assert "which method is to be tried? name it" in capsys.readouterr().err


def test_some_checks_only(broken: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(write_part(tmp_path / "data", views=4))
    assert cli.main(["engine", METHOD, "--data", data, "--only", "bit for bit"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"ok         {METHOD}.resume goes on bit for bit"]
    assert cli.main(["engine", METHOD, "--only", "nowhere"]) == 1
    assert f"no check of {METHOD} has nowhere in its line" in capsys.readouterr().err


def test_what_is_not_tried_is_counted(broken: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["engine", METHOD, "--data", str(write_part(tmp_path / "data", views=4)), "--set", "rays=0"]) == 1
    lines = capsys.readouterr().out.splitlines()
    untried = [line for line in lines if line.startswith("not tried")]
    assert len(untried) == 1 and lines[-1] == untried[0] and int(untried[0].split()[2]) > 10
