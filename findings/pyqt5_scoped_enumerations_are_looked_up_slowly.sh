#!/usr/bin/env bash
# PyQt5 5.15: an enumeration's member that is written with its enumeration, as Qt 6's bindings want it, is searched for and
# made anew at each use: `QEvent.Type.MouseMove is QEvent.Type.MouseMove` is False, and it takes some 25 to 90 times what
# `QEvent.MouseMove` takes. Code that was made ready for PyQt6 by scoped names gets slower where it asks for them often:
# in filters of events, which see each event of each widget. A member that is set on its enumeration once is found like
# any other attribute from then on.
#
# Seen with PyQt5 5.15.11, PyQt5-sip 12.20, Python 3.11, Linux x86-64:
#   QEvent.Type.MouseMove      1.0 us, short 0.03 us, set once 0.06 us
#   Qt.MouseButton.LeftButton  1.3 us, short 0.03 us, set once 0.05 us
#   Qt.Key.Key_Space           2.4 us, short 0.03 us, set once 0.06 us
# So set them once, or keep those of a filter in names of the module.
#
# Exits with 1 where this has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check PyQt5==5.15.11
"$work/venv/bin/python" - <<'PY'
import timeit

from PyQt5.QtCore import QEvent, Qt


def microseconds(code):
    return min(timeit.repeat(code, globals=globals(), number=20000, repeat=5)) / 20000 * 1e6


alike = []
for scoped, short in (
    ("QEvent.Type.MouseMove", "QEvent.MouseMove"),
    ("Qt.MouseButton.LeftButton", "Qt.LeftButton"),
    ("Qt.Key.Key_Space", "Qt.Key_Space"),
):
    before, plain, anew = microseconds(scoped), microseconds(short), eval(f"{scoped} is not {scoped}")
    enumeration, member = scoped.rsplit(".", 1)
    setattr(eval(enumeration), member, eval(short))
    after = microseconds(scoped)
    print(f"{scoped:26} {before:.1f} us, short {plain:.2f} us, set once {after:.2f} us")
    alike.append(anew and before > 8 * plain and after < before / 4)
if not all(alike):
    raise SystemExit("scoped enumerations of PyQt5 are looked up otherwise now")
PY
