"""Numbers as people say them."""

from __future__ import annotations

UNITS = ("bytes", "KB", "MB", "GB", "TB")


def human_time(seconds: float) -> str:
    """ "40 s", "3 min 20 s", "1 h 5 min"."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole / 86400:.1f} days"


def human_step(seconds: float) -> str:
    """ "0.4 s", "35 ms": of something short."""
    return f"{seconds * 1e3:.0f} ms" if seconds < 0.1 else f"{seconds:.2g} s"


def human_bytes(count: float) -> str:
    """ "0 bytes", "3.2 MB", "1.5 GB"; in thousands."""
    size, unit = float(count), 0
    while size >= 999.5 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {UNITS[unit]}" if unit == 0 or size >= 99.5 else f"{size:.1f} {UNITS[unit]}"


def as_sentence(text: str) -> str:
    """`text` with a capital and a full stop; a name that it begins with stays as it is."""
    first = text.split(" ", 1)[0]
    begun = text[:1].upper() + text[1:] if first.isalpha() else text
    return begun if begun.endswith((".", "!", "?")) else f"{begun}."
