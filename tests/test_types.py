"""mypy looks at all there is, as strictly everywhere, and what is kept from it says why."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.architecture_rules import read_modules
from tests.test_package import PROJECT

MYPY = PROJECT["tool"]["mypy"]
LENIENT: dict[str, set[object]] = {
    "ignore_missing_imports": {True},
    "implicit_reexport": {True},
    "disable_error_code": {"union-attr", "override"},
    "disallow_subclassing_any": {False},
    "disallow_untyped_calls": {False},
    "warn_return_any": {False},
}
"""In what some modules are let off: their packages have no types, or some that are wrong."""
# In two pieces: it stands for no line of its own here.
IGNORE = re.compile("# type: " + r"ignore\[[\w, -]+\](.*)")


def unexplained(source: str) -> Iterator[str]:
    """Lines that mypy is to pass over, without a comment behind or before them that says why."""
    lines = source.splitlines()
    for before, line in zip(["", *lines], lines, strict=False):
        ignored = IGNORE.search(line)
        if ignored is not None and not ignored[1].strip().startswith("#") and not before.strip().startswith("#"):
            yield line.strip()


def test_it_looks_at_all_of_it() -> None:
    assert MYPY["strict"] and MYPY["warn_unreachable"] and "ignore-without-code" in MYPY["enable_error_code"]
    assert {"main", "app", "vantage", "engines", "docs.site", "tests", "colour_grid"} == {
        *MYPY["packages"],
        *MYPY["modules"],
    }
    # What is kept out is found by the name that it is installed by.
    assert MYPY["exclude"] == ["^tests/plugin/", "^app/python/"]


def test_little_is_let_off() -> None:
    for override in MYPY["overrides"]:
        for name, value in override.items():
            if name != "module":
                assert set(value if isinstance(value, list) else [value]) <= LENIENT[name], override["module"]


def test_what_is_passed_over_in_tests_says_why() -> None:
    assert not [(each.name, line) for each in read_modules("tests") for line in unexplained(each.source)]


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        ("{0}", 1),
        ("{0}  # since", 0),
        ("# Since.\n{0}", 0),
        ("x = 1\n{0}\n# Since.", 1),
        ("{0}\n{0}", 2),
    ],
)
def test_what_does_not_say_why_is_found(lines: str, count: int) -> None:
    assert len(list(unexplained(lines.format("x = y  # type: " + "ignore[misc]")))) == count
