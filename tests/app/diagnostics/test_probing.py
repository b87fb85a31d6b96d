"""Probes run apart: whatever happens to one, an answer comes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.diagnostics.probing import probed

CODE = """
import ctypes, os, sys, time
def well(): sys.stdout.write("a library says hello"); return {"renderer": "x", "count": 3}
def crash(): ctypes.string_at(0)
def hang(): time.sleep(600)
def fail(): raise OSError("no such driver")
def leave(): os._exit(3)
def lie(): return {"ok": True} if os.write(1, b"vantage-probe:{}") else {}
"""


@pytest.fixture(autouse=True)
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "faulty.py").write_text(CODE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def test_it_gives_what_the_function_gives_whatever_else_is_written() -> None:
    assert probed("faulty:well") == {"renderer": "x", "count": 3}
    assert probed("faulty:lie") == {"ok": True}


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_crash_of_native_code_is_named() -> None:
    assert probed("faulty:crash") == {"error": "it crashed (SIGSEGV)"}


@pytest.mark.parametrize(
    ("function", "why"),
    [
        ("fail", "OSError: no such driver"),
        ("leave", "it ended with exit code 3"),
        ("missing", "ImportError: cannot import name 'missing' from 'faulty'"),
    ],
)
def test_what_fails_says_why(function: str, why: str) -> None:
    assert probed(f"faulty:{function}")["error"].startswith(why)


def test_what_hangs_is_given_up() -> None:
    assert probed("faulty:hang", 0.5) == {"error": "no answer within 0.5 s"}
