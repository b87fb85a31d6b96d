"""What `pip install .` is told agrees with what is run here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from setuptools import PEP420PackageFinder

import main
from app import __version__

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pinned() -> dict[NormalizedName, list[Requirement]]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    found: dict[NormalizedName, list[Requirement]] = {}
    for line in lines:
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def test_ranges_hold_every_pin() -> None:
    ranges = {canonicalize_name(each.name): each for each in map(Requirement, PROJECT["project"]["dependencies"])}
    assert ranges.keys() == pinned().keys()
    for name, requirements in pinned().items():
        for requirement in requirements:
            versions = [each.version for each in requirement.specifier if each.operator == "=="]
            assert all(version in ranges[name].specifier for version in versions), name


def test_the_version_stands_once() -> None:
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "app.__version__"}
    assert __version__.count(".") == 2


def test_the_console_script_is_there() -> None:
    module, name = PROJECT["project"]["scripts"]["vantage"].split(":")
    assert module == main.__name__ and callable(getattr(main, name))


def test_every_top_level_package_is_taken_along() -> None:
    find = PROJECT["tool"]["setuptools"]["packages"]["find"]
    assert {f"{name}*" for name in ("app", "engines", "checkpoints", "configs", "vantage")} == set(find["include"])
    found = {name for where in find["where"] for name in PEP420PackageFinder.find(ROOT / where, find["exclude"])}
    # Else there would be a second of each class.
    assert "vantage" in found and not [name for name in found if name.startswith("app.python")]
