"""The conformance check names what is wrong in a method that opens other programs' files, or only draws them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engines.core.data.dataset import Dataset
from tests.app.conformance.breaking import BEFORE_JUDGING, Changes, Wrong, assert_said, member, tried

TELLS = "detects tells its files from others"
DRAWN = "example gives a scene of its own that is drawn"
WRITES = "write_file writes files that it knows"
REFUSES = "train refuses all data, and says so beforehand"
JUDGES = """        still = dataset.split("train").photographed and not dataset.instances and dataset.time_steps == 1
        return "" if still else "no photographs of one scene that stands still"
"""
BEGINS = "        return Optimisation(GridObjective, Setup(self.name, dataset, config, device, seed))\n"
GOES_ON = "        return Optimisation(GridObjective, Setup.resumed(checkpoint, GridConfig, dataset, device))\n"
REFUSAL = '        raise UserError("it is only drawn here")\n'


def reads(detects: str = "False", suffixes: str = "('.ply',)") -> Changes:
    """Opening files: whether `path` is one."""
    return [member(
        f"    file_suffixes = {suffixes}\n\n    def detects(self, path):\n        return {detects}\n\n"
        "    def read_file(self, path):\n        raise UserError(f'{path}: is damaged')\n",
        BEFORE_JUDGING,
    )]  # fmt: skip


def draws(name: str = "self.name", config: str = "GridConfig().model_dump()") -> Changes:
    """A scene of its own."""
    return [member(
        "    def example(self):\n"
        "        box = torch.tensor([[-1.0, -1.0, 2.0], [1.0, 1.0, 4.0]])\n"
        "        camera = Camera(torch.eye(4).numpy(), (9, 9), (8, 8), (16, 16))\n"
        "        where = SceneInfo(camera, (), box.double().numpy(), -torch.eye(3)[1].double().numpy())\n"
        "        weights = {name: each.detach() for name, each in Grid(4, box).state_dict().items()}\n"
        f"        return Checkpoint({name}, {config}, 0, weights, where)\n",
        BEFORE_JUDGING,
    )]  # fmt: skip


def writes(body: str, forms: str = "{'ply': '.ply'}") -> Changes:
    """Writing files."""
    return [member(
        f"    written_forms = {forms}\n\n    def write_file(self, checkpoint, path, form):\n        {body}\n",
        BEFORE_JUDGING,
    )]  # fmt: skip


def both(first: Changes, second: Changes) -> Changes:
    """Of two members that stand before the same line, each the only change."""
    return [(BEFORE_JUDGING, first[0][1].removesuffix(BEFORE_JUDGING) + second[0][1])]


NEVER: Changes = [(JUDGES, '        return "it is only drawn here"\n')]
UNJUDGED = ("if reason := ENGINE.unsupported(setup.dataset):", 'if reason := "":')

WRONG: dict[str, Wrong] = {
    "a file that is not written": (writes("return ()"), WRITES, "write_file() wrote nothing where ply was to be"),
    "a text in place of lines": (
        writes("path.write_text('x'); return 'much'"), WRITES, "write_file() gives 'much' for ply; it must be a tuple",
    ),
    "forms without a suffix": (writes("return ()", "('ply',)"), WRITES, "written_forms is ('ply',); it must map names"),
    "a file that it doesn't know again": (
        both(reads(), writes("path.write_text('x'); return ()")), WRITES, "detects() does not know what write_file()",
    ),
    "all files": (reads("True"), TELLS, "detects() gives True for strange, which is nothing for it"),
    "a word in place of a bool": (reads("''"), TELLS, "detects() gives '' for strange"),
    "a file that isn't there": (
        reads("path.stat().st_size == 5"), TELLS, "detects() raises FileNotFoundError where nothing is nothing for it",
    ),
    "suffixes in large letters": (reads(suffixes="('PLY',)"), TELLS, "file_suffixes is ('PLY',); it must be a tuple"),
    "another method's example": (draws("'other'"), DRAWN, "the example says engine='other'"),
    "an example with few options": (draws(config="{'rays': 64}"), DRAWN, "the example's config lacks "),
    "data that is not refused beforehand": (draws(), REFUSES, "unsupported() says nothing against still"),
    "data that is not refused": ([*draws(), *NEVER, UNJUDGED], REFUSES, "train() begins on still"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_said(
    wrong: str, samples: Sequence[Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_said(WRONG[wrong], samples, tmp_path, monkeypatch)


def test_a_method_that_only_draws_passes(
    samples: Sequence[Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = [*draws(), *NEVER, (BEGINS, REFUSAL), (GOES_ON, REFUSAL), *reads()]
    merged = [*both(changes[:1], changes[-1:]), *changes[1:-1]]
    outcomes = tried(merged, samples, tmp_path, monkeypatch)
    assert [outcome.line for outcome in outcomes if outcome.state != "ok"] == []
    assert any(outcome.member.endswith(".example") for outcome in outcomes)
    assert not any("resume" in outcome.member for outcome in outcomes)
