#!/usr/bin/env bash
# psygnal 0.16: `one.connect(other.emit)` emits `other` at once, while it is connected, before `one` was ever emitted.
# Listeners of `other` are called with a value that nobody emitted: 1, of a Signal(str), too. The compiled emit is taken
# for PySide's, of the same qualified name, which is asked for its signature by a call with 255 ones, so that it says
# what it takes; psygnal's own takes them, and hands on as many as the signal has. What the chain does afterwards is right. `one.connect(other)`, which hands the signal itself over, emits nothing early and chains as well.
#
# Seen with psygnal 0.16.1, Python 3.11, Linux x86-64:
#   Signal(int) to emit:   heard [1] while connecting, [1, 3] after one emission of 3
#   Signal(str) to emit:   heard [1] while connecting, [1, 'a'] after one emission of 'a'
#   Signal(int) to signal: heard [] while connecting, [3] after one emission of 3
# So hand over the signal, or a function that emits it.
#
# Exits with 1 where this has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check psygnal==0.16.1
"$work/venv/bin/python" - <<'PY'
from psygnal import Signal


class Model:
    number, other_number = Signal(int), Signal(int)
    name, other_name = Signal(str), Signal(str)


def chained(first, second, value, by_emit):
    heard = []
    second.connect(lambda told: heard.append(told))
    first.connect(second.emit if by_emit else second)
    early = list(heard)
    first.emit(value)
    return early, heard


model = Model()
emitted = chained(model.number, model.other_number, 3, True)
named = chained(model.name, model.other_name, "a", True)
model = Model()
handed = chained(model.number, model.other_number, 3, False)
print("Signal(int) to emit:   heard {} while connecting, {} after one emission of 3".format(*emitted))
print("Signal(str) to emit:   heard {} while connecting, {} after one emission of 'a'".format(*named))
print("Signal(int) to signal: heard {} while connecting, {} after one emission of 3".format(*handed))
if (emitted, named, handed) != (([1], [1, 3]), ([1], [1, "a"]), ([], [3])):
    raise SystemExit("connecting a signal to another's emit has changed")
PY
