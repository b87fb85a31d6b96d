"""The page: all within itself, true to the last bit, and text where names would be more."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.report.beside import ScenesBeside
from app.report.judging import JudgedScene, Judging, judge
from app.report.page import page, write_page
from app.report.plots import Curve, plot
from engines.core.errors import UserError
from tests.app.report.judged import opened_ball, photographed

WHEN = datetime(2026, 1, 2, 3, 4)
VOID = {"meta", "img", "br"}


class Read(HTMLParser):
    """The tags of a page, and what of it could fetch something."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.addresses += [values[name] or "" for name in ("src", "href", "srcset", "data", "action") if name in values]
        self.ids += [values["id"] or ""] if "id" in values else []
        self.wrong += [name for name in values if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[JudgedScene, JudgedScene]:
    dataset = photographed(tmp_path_factory.mktemp("report") / "data")
    wanted = Judging(pictured=True)
    return judge(opened_ball(dataset, "first"), wanted), judge(opened_ball(dataset, "second", 0.3), wanted)


def numbers(text: str) -> list[list[str]]:
    """What the table of views sorts by, row by row."""
    table = text.split("id='views'")[1].split("</table>")[0]
    return [re.findall(r"data-v='([^']*)'", row) for row in table.split("<tr data-row")[1:]]


def test_it_has_all_within_itself(judged: tuple[JudgedScene, JudgedScene]) -> None:
    text = page(ScenesBeside(judged), WHEN)
    read = Read(text)
    assert read.wrong == [] and read.open == []
    assert all(address.startswith(("data:image/webp;base64,", "#view-")) for address in read.addresses)
    assert {address[1:] for address in read.addresses if address.startswith("#")} <= set(read.ids)
    # A photograph, and of each scene a picture and its error; the scale.
    assert sum(address.startswith("data:") for address in read.addresses) == 3 * 5 + 1
    assert "url(" not in text and "@import" not in text
    script = text.split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert text.count("<script") == 1 and f"script-src 'sha256-{digest}'" in text and "default-src 'none'" in text


def test_its_numbers_are_those_of_the_evaluation(judged: tuple[JudgedScene, JudgedScene]) -> None:
    first, second = judged
    rows = numbers(page(ScenesBeside(judged), WHEN))
    for number, (row, a, b) in enumerate(zip(rows, first.evaluation.scores, second.evaluation.scores, strict=True)):
        assert [float(value) for value in row] == [number, a.psnr, b.psnr, a.ssim, b.ssim, b.psnr - a.psnr]
    alone = numbers(page(ScenesBeside((first,)), WHEN))
    for number, (row, a) in enumerate(zip(alone, first.evaluation.scores, strict=True)):
        assert [float(value) for value in row] == [number, a.psnr, a.ssim, a.ssim_uniform]


def test_the_summary(judged: tuple[JudgedScene, JudgedScene]) -> None:
    text = page(ScenesBeside(judged), WHEN)
    for scene in judged:
        assert f"<td>{scene.evaluation.psnr:.2f} dB</td>" in text and f"<td>{scene.evaluation.ssim:.4f}</td>" in text
    assert "<h1>Evaluation of first, second</h1>" in text and "2026-01-02 03:04" in text
    assert "Colour grid (colour_grid)" in text and "<li>the ball is round</li>" in text
    assert text.count("<svg") == 4 and page(ScenesBeside(judged[:1]), WHEN).count("<svg") == 3
    assert "remark" not in text.split("</style>")[1]


def test_names_are_text(judged: tuple[JudgedScene, JudgedScene]) -> None:
    bad = "<script>alert('1')</script>\"'&amp;"
    evaluation = judged[0].evaluation
    scores = tuple(
        replace(score, view=bad + score.view, instance=f"{bad}{n}") for n, score in enumerate(evaluation.scores)
    )
    tiles = {(score.instance, score.view, 0): next(iter(judged[0].tiles.values())) for score in scores}
    scene = replace(
        judged[0], name=bad, data=bad, notes=(bad,), method=bad, device=bad, tiles=tiles,
        evaluation=replace(evaluation, scores=scores, told=bad),
    )  # fmt: skip
    text = page(ScenesBeside((scene,)), WHEN)
    read = Read(text)
    assert text.count("<script") == 1 and read.wrong == [] and read.open == []
    assert sum(bad in part for part in read.texts) > 8


def test_equal_pictures_and_lone_views(judged: tuple[JudgedScene, JudgedScene]) -> None:
    evaluation = judged[0].evaluation
    scores = (replace(evaluation.scores[0], psnr=float("inf"), ssim=1.0),)
    scene = replace(judged[0], evaluation=replace(evaluation, scores=scores), tiles={})
    text = page(ScenesBeside((scene,)), WHEN)
    assert numbers(text)[0][1] == "Infinity" and "∞" in text and Read(text).wrong == []
    assert "id='pictures'" not in text


def test_it_is_written_whole_or_not_at_all(judged: tuple[JudgedScene, JudgedScene], tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    write_page(place, ScenesBeside((replace(judged[0], name="bytes \udcff"),)), WHEN)
    assert place.read_text(encoding="utf-8").endswith("</html>\n") and [*tmp_path.iterdir()] == [place]
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        write_page(tmp_path / "folder", ScenesBeside(judged), WHEN)


def test_a_plot_leaves_out_what_is_no_number() -> None:
    curve = Curve("#123456", [1, 2, 3], [20.0, float("inf"), 22.0], ["a", "<b>", "c & d"], ["#x", "#y", "#z"])
    drawn = plot([curve], "view", "PSNR")
    assert drawn.count("<circle") == 2 and "c &amp; d" in drawn and "#y" not in drawn
    assert plot([Curve("#123456", [1], [float("nan")], [""])], "view", "PSNR") == ""


def test_of_many_points_only_the_line_is_drawn() -> None:
    count = 500
    curve = Curve("#123456", range(count), [float(n % 7) for n in range(count)], [""] * count)
    assert "<circle" not in plot([curve], "view", "PSNR") and "<polyline" in plot([curve], "view", "PSNR")
