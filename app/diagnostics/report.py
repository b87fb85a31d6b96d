"""The report that is copied where something goes wrong: versions, machine, settings, last lines of the log.

No paths of the user's home are in it, and none from the settings.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from app import __version__
from app.diagnostics.log_file import last_lines
from app.human_readable import human_bytes
from app.settings import REMEMBERED, Settings

LOG_LINES = 60
LIBRARIES = {"torch": "torch", "PyQt5": "PyQt5", "PyQt5-Qt5": "Qt", "vispy": "VisPy", "numpy": "numpy"}
"""Installed packages, and what people call them."""
UNTOLD = (*REMEMBERED, "folders", "geometry")
"""Settings that are paths, or numbers that tell nobody anything."""


def machine_rows() -> dict[str, str]:
    """What can be said of program and machine without torch, Qt or a display, by what it is called."""
    return {
        "Vantage": f"{__version__}, Python {platform.python_version()}",
        "Libraries": ", ".join(f"{title} {_version(name)}" for name, title in LIBRARIES.items()),
        "ffmpeg": ffmpeg_version(),
        "System": f"{_system()}, {platform.machine()}",
        "Processor": processor(),
        "Memory": memory(),
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def ffmpeg_version() -> str:
    """The version of the ffmpeg that videos are written by, or why there is none."""
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_version())
    # It is looked for on the disk, begun, and what it says is read: each may fail in its own way.
    except Exception as error:
        return f"missing ({type(error).__name__}: {error})"


def _system() -> str:
    if sys.platform.startswith("linux"):
        with suppress(OSError):
            return f"{platform.freedesktop_os_release().get('PRETTY_NAME', 'Linux')}, Linux {platform.release()}"
    return platform.platform(terse=True)


def processor() -> str:
    """The processor's name and how many of its cores are ours."""
    name = platform.processor() or platform.machine()
    with suppress(OSError):
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        if found := re.search(r"^model name\s*:\s*(.+)$", text, re.M):
            name = found.group(1).strip()
    there = os.cpu_count() or 1
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else there
    return f"{name}, {own} of {there} cores"


def memory() -> str:
    """How much memory there is, and how much of it nobody uses."""
    import psutil

    found = psutil.virtual_memory()
    return f"{human_bytes(found.total)}, {human_bytes(found.available)} of it free"


def changed_settings(settings: Settings) -> str:
    """The settings that are not those of a first start, without paths."""
    usual = Settings()
    changed = (
        (field.name, getattr(settings, field.name))
        for field in fields(Settings)
        if field.name not in UNTOLD and getattr(settings, field.name) != getattr(usual, field.name)
    )
    return ", ".join(f"{name}={_without_paths(value)}" for name, value in changed) or "as at a first start"


def _without_paths(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_paths(inner) for name, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_without_paths(inner) for inner in value]
    return "(a path)" if isinstance(value, str) and ("/" in value or "\\" in value) else value


def without_home(text: str) -> str:
    """The text with `~` for the user's home folder, however it is written."""
    homes = {str(Path.home()), os.path.realpath(Path.home())}
    for home in sorted(homes, key=len, reverse=True):
        # Of a service it may be the root of all.
        if len(Path(home).parts) < 2:
            continue
        for written in (home, home.replace("\\", "\\\\"), Path(home).as_posix()):
            # Not the beginning of another's: /home/al of /home/alice.
            text = re.sub(re.escape(written) + r"(?![\w.-]*\w)", "~", text)
    return text


def report_text(rows: Mapping[str, str], settings: Settings, above: Iterable[str] = ()) -> str:
    """The whole report.

    Args:
        rows: what is known besides `machine_rows`: what draws the window, device, methods.
        settings: of which those that differ from a first start's are told.
        above: lines that stand first: what went wrong.
    """
    told = machine_rows() | dict(rows) | {"Settings": changed_settings(settings)}
    width = max(map(len, told))
    lines = [*above, *(f"{name.ljust(width)}  {value}" for name, value in told.items() if value)]
    lines += ["", f"Log, the last {LOG_LINES} lines", *(last_lines(LOG_LINES) or ["(none)"])]
    return without_home("\n".join(lines)) + "\n"
