#!/usr/bin/env bash
# pycolmap 4.2.1, Linux: importing it has six signals answered by its log's own handler, SIGTERM among them, which is no
# failure. Python doesn't know: signal.getsignal(SIGTERM) still says that the system's default holds. So a process that
# is asked to end (Process.terminate of multiprocessing, kill, systemd) doesn't simply end: it first writes where it
# was, to stderr. A process of COLMAP's was once seen to wait in that handler for ever, for a lock of malloc that the
# interrupted code held, and with it Process.join of whoever had asked it to end.
#
# Seen with pycolmap 4.2.1, numpy 2.4.6, Python 3.11, Linux x86-64:
#   caught before: SIGINT
#   caught after: SIGABRT SIGBUS SIGFPE SIGILL SIGINT SIGSEGV SIGTERM; Python says of SIGTERM: Handlers.SIG_DFL
#   after SIGTERM: exit code -15, stderr begins "*** Aborted at"
# So such processes are best killed (SIGKILL), or signal.signal(SIGTERM, SIG_DFL) is called after the import.
#
# Exits with 1 where this has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pycolmap==4.2.1 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import signal
import subprocess
import sys
from pathlib import Path

ASLEEP = """
import time, pycolmap
print("ready", flush=True)
time.sleep(60)
"""


def caught():
    """The signals that this process answers, as the system knows them."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    bits = int(status["SigCgt"], 16)
    return sorted(found.name for found in signal.Signals if bits >> (found - 1) & 1 and found < 32)


print("caught before:", *caught())
before = caught()
import pycolmap  # noqa: E402

said = repr(signal.getsignal(signal.SIGTERM)).split(":")[0].strip("<")
print(f"caught after: {' '.join(caught())}; Python says of SIGTERM: {said}")
asleep = subprocess.Popen([sys.executable, "-c", ASLEEP], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
asleep.stdout.readline()
asleep.terminate()
_, words = asleep.communicate(timeout=60)
first = words.strip().splitlines()[0] if words.strip() else ""
print(f"after SIGTERM: exit code {asleep.returncode}, stderr begins {first[:14]!r}".replace("'", '"'))
if "SIGTERM" in before or "SIGTERM" not in caught() or not first:
    raise SystemExit("SIGTERM is no longer answered by pycolmap")
PY
