"""The recipes of the page for authors of methods do what they say: tried on its method."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.conformance.running import CheckOutcome, conform
from app.conformance.samples import small_samples
from engines import registry
from engines.core.abilities import FilledBox
from engines.core.camera import Camera
from engines.core.data.dataset import Dataset
from engines.core.distributed import Share
from engines.core.engine import Audit, Control
from engines.core.frame import Frame, Samples
from engines.core.objective import Setup
from engines.core.storage.checkpoint import Checkpoint, SceneInfo
from tests.docs.page import METHOD, PAGE, among_engines, blocks, engine_source, mypy_says, recipe, write_method

IMPORTS = """
from typing import Any
from pathlib import Path
from engines.core.abilities import FilledBox
from engines.core.seeding import generator_states
from engines.core.frame import Samples
"""
NETWORK = "        self.background = nn.Parameter(torch.zeros(3))\n"
FOUND = "        found = F.grid_sample(self.voxels, "
RETURNED = "looked, colours, at / self.config.samples\n"
TAKEN = "        origin, rays, colours, at = (tensor.to(self.device) for tensor in batch)\n"
RENDER = re.compile(r"    @torch.inference_mode\(\)\n    def render\(.*?\n\n", flags=re.S)
VIEWS = re.compile(r"    def views\(self.*?\n\n", flags=re.S)
PHOTOGRAPHS = '        self.photographs = setup.dataset.split("train").photographed\n'
JUDGING = "    def unsupported("
LATER = "min(step / 1000, 1.0)"
"""How much of the fine voxels counts; the check takes three steps only."""


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Dataset]:
    return small_samples(tmp_path_factory.mktemp("samples"))[:2]


def indented(code: str, by: int) -> str:
    return re.sub(r"^(?=.)", " " * by, code.strip("\n") + "\n", flags=re.M)


def changed(source: str, *changes: tuple[str, str]) -> str:
    for whole, other in changes:
        assert source.count(whole) == 1, whole
        source = source.replace(whole, other)
    return source


def imported(source: str) -> str:
    return changed(source, ("\nimport torch\n", f"{IMPORTS}\nimport torch\n"))


def outcomes_of(
    source: str, samples: Sequence[Dataset], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[CheckOutcome, ...]:
    """What the conformance check says of the method, all of which must be ok."""
    write_method(folder, imported(source))
    with among_engines(folder, monkeypatch):
        outcomes = conform(registry.find_engine(METHOD), samples)
    assert [outcome.line for outcome in outcomes if outcome.state != "ok"] == []
    return outcomes


def said_of(outcomes: tuple[CheckOutcome, ...], does: str) -> bool:
    return any(does in outcome.line for outcome in outcomes)


def grown() -> str:
    """The method from coarse to fine."""
    parts = recipe("coarse to fine")
    read, losses = (indented(parts[f"In GridObjective.{name}"], 8) for name in ("read", "losses"))
    return changed(
        engine_source(),
        (NETWORK, NETWORK + indented(parts["In Grid.__init__"], 8)),
        (FOUND, indented(parts["In Grid.forward"], 8) + FOUND.replace("self.voxels", "voxels")),
        (f"        return torch.tensor(origin).float(), {RETURNED}",
         f"{read}        return torch.tensor(origin).float(), {RETURNED.strip()}, share\n"),
        (TAKEN, TAKEN.replace("at = (", "at, share = (") + losses),
    )  # fmt: skip


def with_state() -> str:
    """The method whose photographs are chosen by how badly they fitted."""
    parts = recipe("state")
    (first, begin), (second, members) = list(parts.items())[1:]
    assert "GridObjective.__init__" in first and "GridObjective.views" in second
    source, count = VIEWS.subn(lambda found: indented(members, 4) + "\n", engine_source())
    assert count == 1
    return changed(source, (PHOTOGRAPHS, PHOTOGRAPHS + indented(begin, 8)))


def with_abilities(name: str) -> str:
    """The method with the members of a recipe."""
    return changed(engine_source(), (JUDGING, indented(recipe(name)[""], 4) + "\n" + JUDGING))


def with_pixels() -> str:
    """The method that draws single pixels."""
    members = recipe("pixels")["In place of GridScene.render"]
    source, count = RENDER.subn(lambda found: indented(members, 4) + "\n\n", engine_source())
    assert count == 1
    return source


@pytest.mark.slow
def test_the_method_and_the_recipes_are_typed(tmp_path: Path) -> None:
    sources = {"grown": grown(), "state": with_state(), "authors": with_abilities("authors"),
               "box": with_abilities("weights and box"), "pixels": with_pixels()}  # fmt: skip
    files = [tmp_path / f"{name}.py" for name in ("plain", *sources)]
    for file, source in zip(files, (engine_source(), *map(imported, sources.values())), strict=True):
        file.write_text(source, encoding="utf-8")
    assert mypy_says(files).strip() == f"Success: no issues found in {len(files)} source files"


@pytest.mark.parametrize("share", [LATER, "float(step >= 1)", "step / 3"])
def test_from_coarse_to_fine(
    share: str, samples: Sequence[Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the fine voxels begin to count within the steps of the check: it goes on bit for bit."""
    outcomes_of(changed(grown(), (LATER, share)), samples, tmp_path, monkeypatch)


def test_what_does_not_count_yet_need_not_be_computed(
    samples: Sequence[Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A parameter without a gradient stays, and is trained on the step on at which it gets one; also resumed."""
    added = "voxels = coarse + self.share * self.voxels"
    source = changed(grown(), (LATER, "float(step >= 2)"), (added, f"{added} if self.share > 0 else coarse"))
    outcomes_of(source, samples, tmp_path, monkeypatch)


def test_the_authors_files(samples: Sequence[Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = outcomes_of(with_abilities("authors"), samples, tmp_path, monkeypatch)
    assert said_of(outcomes, "write_upstream writes what it reads") and said_of(outcomes, "recognises knows its own")


def test_a_state_of_ones_own(samples: Sequence[Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = outcomes_of(with_state(), samples, tmp_path, monkeypatch)
    assert said_of(outcomes, "resume goes on bit for bit")


def test_weights_and_a_box(samples: Sequence[Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = outcomes_of(with_abilities("weights and box"), samples, tmp_path, monkeypatch)
    assert said_of(outcomes, "weights_to_draw names what checkpoints hold") and said_of(outcomes, "box says where")


def test_pixels_of_a_picture(samples: Sequence[Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = outcomes_of(with_pixels(), samples, tmp_path, monkeypatch)
    assert said_of(outcomes, "render has the abilities of its scene (draw_pixels)")


def test_all_other_code_of_the_page_is_python() -> None:
    for block in blocks("python"):
        ast.parse(block)


@pytest.mark.parametrize(
    "kind",
    [Camera, Checkpoint, SceneInfo, Frame, Samples, Control, Setup, FilledBox, Audit, Share],
    ids=lambda kind: kind.__name__,
)
def test_constructors_are_told_field_by_field(kind: type) -> None:
    """In order, and with `=` where one may be left out."""
    page = PAGE.read_text(encoding="utf-8")
    table = page[page.index("## Constructors") :]
    rows = table[table.index(f"| `{kind.__name__}` (`{kind.__module__}`)") :].splitlines()
    fields = dataclasses.fields(kind)
    of_kind = [row for number, row in enumerate(rows) if number == 0 or row.startswith("| | ")][: len(fields)]
    assert [re.findall(r"`(\w+)` \| ", row)[0] for row in of_kind] == [field.name for field in fields]
    for row, field in zip(of_kind, fields, strict=True):
        optional = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        assert (" = " in row.split(" | ")[2]) == optional, row
    assert not rows[len(fields)].startswith("| | ")


def test_links_within_the_page_lead_somewhere() -> None:
    page = PAGE.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", page, flags=re.M | re.S), flags=re.M)
    places = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert [link for link in re.findall(r"\]\(#([^)]*)\)", page) if link not in places] == []
