"""Looks at a part of the machine in a process of its own: a driver that crashes or hangs ends nothing but its probe."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MARK = "vantage-probe:"
"""Before the answer: libraries write to stdout, too."""
CODE = (
    "import json, sys; sys.path.insert(0, {root!r})\n"
    "from {module} import {function}\n"
    "sys.stdout.write('\\n{mark}' + json.dumps({function}()) + '\\n')\n"
)
TIMEOUT_S = 60.0
"""What imports torch from a slow disk takes half of it."""

Facts = Mapping[str, Any]


def probed(place: str, timeout_s: float = TIMEOUT_S) -> Facts:
    """What a function gives that is called in a process of its own: a mapping that JSON can hold.

    Args:
        place: "package.module:function"; it takes no arguments.

    Returns:
        Its mapping; where there was none, `{"error": why}`.
    """
    module, _, function = place.partition(":")
    code = CODE.format(root=str(ROOT), module=module, function=function, mark=MARK)
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {timeout_s:g} s"}
    except OSError as error:
        return {"error": f"no process could be begun: {error.strerror}"}
    for line in reversed(done.stdout.splitlines()):
        if done.returncode == 0 and line.startswith(MARK):
            return dict(json.loads(line.removeprefix(MARK)))
    return {"error": _why(done)}


def _why(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode < 0:
        try:
            name = signal.Signals(-done.returncode).name
        except ValueError:
            name = f"signal {-done.returncode}"
        return f"it crashed ({name})"
    said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return said[-1] if said else f"it ended with exit code {done.returncode}"
