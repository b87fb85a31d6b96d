"""All pictures by name: which test draws each, and how much of it may differ."""

from __future__ import annotations

from dataclasses import dataclass

from tests.pictures.comparing import Tolerance
from tests.pictures.frames import FRAMES
from tests.pictures.guide_states import GUIDE
from tests.pictures.walks import DEMO, WALKS

SAME = Tolerance(2.0)
"""A level of rounding passes, and no more is needed. Measured beside AVX-512, with AVX2 alone and one thread or two:
the demo scenes' frames differ by one level in a dozen pixels (0.2 in the mean of nine), and so does a window that shows
the balls, where Qt, OpenCV and numpy do without AVX. Without hints FreeType 2.12 and 2.14 write the same to the bit."""


@dataclass(frozen=True)
class Pictured:
    """Where a picture comes from.

    Attributes:
        test: pytest's name of what draws it.
    """

    test: str
    tolerance: Tolerance


PICTURES: dict[str, Pictured] = {
    name: Pictured(f"test_window.py::test_the_window_looks_as_it_did[{walk}]", SAME)
    for walk, states in WALKS.items()
    for name in states.states
}
PICTURES |= {DEMO: Pictured("test_window.py::test_the_demo_looks_as_it_did", SAME)}
PICTURES |= {name: Pictured(f"test_frames.py::test_the_frame_looks_as_it_did[{name}]", SAME) for name in FRAMES}

STILL = Tolerance(12.0)
"""Of JPEG's own errors about outlines there is more than of rounding."""
GUIDE_PICTURES: dict[str, Pictured] = {
    name: Pictured(
        f"test_guide.py::test_the_guide_shows_the_window_as_it_is[{walk}]", SAME if name.startswith("docs/") else STILL
    )
    for walk, states in GUIDE.items()
    for name in states.states
}
"""By their places in the repository, without a suffix; some take minutes to be drawn."""
ALL = PICTURES | GUIDE_PICTURES
