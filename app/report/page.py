"""One HTML page of judged scenes: it has all that it shows within itself, and is read without a network.

Names come from files and are written as text only; what the page runs is one script of its own, named by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import html
import math
import platform
from datetime import datetime
from pathlib import Path

import torch

from app import __version__
from app.human_readable import human_bytes, human_step
from app.report.beside import ScenesBeside, ViewRow
from app.report.judging import JudgedScene, median
from app.report.plots import Curve, colour_of, plot
from app.report.tiles import ViewTiles, data_uri, error_limit, error_scale, shaded_error, webp
from app.training.evaluation import Score
from engines.core.files import replacing
from engines.core.reading import counted

HERE = Path(__file__).resolve().parent
SCALE_PX = (220, 12)
METRIC_TITLES = {"psnr": "PSNR, dB", "ssim": "SSIM", "ssim_uniform": "SSIM, 7x7"}


def write_page(path: Path, beside: ScenesBeside, when: datetime) -> None:
    """Writes the page, whole or not at all.

    Raises:
        UserError: the place can't be written.
    """
    text = page(beside, when)
    with replacing(path) as temporary:
        # A folder's name may hold bytes that are no text.
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def page(beside: ScenesBeside, when: datetime) -> str:
    """The page as text."""
    script = (HERE / "report.js").read_text(encoding="utf-8")
    # The browser runs nothing else, and fetches nothing.
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'"
    title = f"Evaluation of {', '.join(beside.labels)}"
    parts = [
        "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>",
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        f"<title>{_text(title)}</title>",
        f"<style>{(HERE / 'report.css').read_text(encoding='utf-8')}</style></head><body><main>",
        f"<h1>{_text(title)}</h1>",
        f"<p class='muted'>{_text(_subtitle(beside, when))}</p>",
        *(f"<p class='remark'>{_text(remark)}</p>" for remark in beside.remarks),
        "<h2>Summary</h2>",
        _summary(beside),
        *_plots(beside),
        "<h2>Views</h2>",
        "<p class='muted'>A click on a heading sorts by it; a name leads to the view's pictures.</p>",
        _table(beside),
        *_pictures(beside),
        *_assumed(beside),
        "<h2>Made with</h2>",
        _versions(),
        f"</main><script>{script}</script></body></html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _text(text: str) -> str:
    return html.escape(text, quote=True)


def _subtitle(beside: ScenesBeside, when: datetime) -> str:
    folders = ", ".join(dict.fromkeys(scene.data for scene in beside.scenes))
    return f"{counted(len(beside.keys), 'view')} of {folders}; {when:%Y-%m-%d %H:%M}"


def _swatch(number: int) -> str:
    return f"<span class='swatch' style='background:{colour_of(number)}'></span>"


# Summary


def _summary(beside: ScenesBeside) -> str:
    heads = "".join(f"<th>{_swatch(number)}{_text(label)}</th>" for number, label in enumerate(beside.labels))
    columns = [_facts(beside, scene) for scene in beside.scenes]
    rows = "".join(
        f"<tr><th>{_text(name)}</th>{''.join(f'<td>{column[name]}</td>' for column in columns)}</tr>"
        for name in columns[0]
        if any(column[name] for column in columns)
    )
    return _in_frame(f"<table class='facts'><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>")


def _in_frame(table: str) -> str:
    """A table that is scrolled where it is wider than the page."""
    return f"<div class='wide'>{table}</div>"


def _facts(beside: ScenesBeside, scene: JudgedScene) -> dict[str, str]:
    """The column of a scene, as HTML by what the rows are called."""
    scores, numbers = scene.evaluation.scores, {row: row_number for row_number, row in enumerate(beside.keys)}
    worst = sorted(scene.scores.items(), key=lambda item: item[1].psnr)[:3]
    named = (
        f'<a href="#view-{numbers[key]}">{_text(score.view)}</a> ({_shown("psnr", score.psnr)})' for key, score in worst
    )
    psnr, ssim = [score.psnr for score in scores], [score.ssim for score in scores]
    common = len(beside.common) < len(beside.keys) and beside.common
    border = f", {scene.evaluation.crop_px} px left out on each side" if scene.evaluation.crop_px else ""
    masked = f", {1 - scene.evaluation.valid:.1%} of the pixels masked out" if scene.evaluation.valid < 1 else ""
    sizes = ", ".join(f"{width}x{height}" for width, height in scene.sizes_px[:3])
    more = f" and {len(scene.sizes_px) - 3} other sizes" if len(scene.sizes_px) > 3 else ""
    return {
        "Method": _text(scene.method),
        "Step": str(scene.step) if scene.step else "unknown",
        "Views": _text(f"{len(scores)} {scene.evaluation.told}"),
        "ComparedScene at": _text(sizes + more + border + masked),
        "PSNR, mean": f"{_shown('psnr', scene.evaluation.psnr)} dB",
        "PSNR, mean of the common views": f"{_shown('psnr', beside.common_psnr(scene))} dB" if common else "",
        "PSNR, median": f"{_shown('psnr', median(psnr))} dB",
        "SSIM, mean": _shown("ssim", scene.evaluation.ssim),
        "SSIM, median": _shown("ssim", median(ssim)),
        "SSIM with 7x7 windows, mean": _shown("ssim_uniform", scene.evaluation.means["ssim_uniform"]),
        "Worst views": ", ".join(named),
        "Time per picture, median": f"{human_step(median(scene.frame_s))} on {_text(scene.device)}",
        "Memory in use, at most": _text(human_bytes(scene.memory_bytes)),
        "Photographs": _text(scene.data),
    }


def _shown(metric: str, value: float) -> str:
    if math.isinf(value):
        return "∞"
    return f"{value:.2f}" if metric == "psnr" else f"{value:.4f}"


# Plots


def _plots(beside: ScenesBeside) -> list[str]:
    drawn = [*(_by_view(beside, metric) for metric in ("psnr", "ssim")), _sorted(beside), _speed(beside)]
    return ["<h2>Plots</h2><div class='plots'>", *drawn, "</div>"] if any(drawn) else []


def _by_view(beside: ScenesBeside, metric: str) -> str:
    curves = []
    for number, label in enumerate(beside.labels):
        own = [(row, row.scores[number]) for row in beside.rows if row.scores[number] is not None]
        values = [getattr(score, metric) for _, score in own]
        told = [f"{row.label}, {label}: {_shown(metric, value)}" for (row, _), value in zip(own, values, strict=True)]
        links = [f"#view-{row.number}" for row, _ in own]
        curves.append(Curve(colour_of(number), [row.number + 1 for row, _ in own], values, told, links))
    return plot(curves, "view, in the table's first order", METRIC_TITLES[metric])


def _sorted(beside: ScenesBeside) -> str:
    curves = []
    for number, label in enumerate(beside.labels):
        scores = sorted(beside.scenes[number].evaluation.scores, key=lambda score: score.psnr)
        shares = [100 * (place + 0.5) / len(scores) for place in range(len(scores))]
        told = [f"{label}: {_shown('psnr', score.psnr)} dB, {score.view}" for score in scores]
        curves.append(Curve(colour_of(number), shares, [score.psnr for score in scores], told))
    return plot(curves, "share of the views that are worse, %", METRIC_TITLES["psnr"], (0.0, 100.0))


def _speed(beside: ScenesBeside) -> str:
    """Quality by time, of several scenes."""
    if len(beside.scenes) < 2:
        return ""
    curves = []
    for number, (label, scene) in enumerate(zip(beside.labels, beside.scenes, strict=True)):
        seconds, psnr = median(scene.frame_s), scene.evaluation.psnr
        told = f"{label}: {_shown('psnr', psnr)} dB, {human_step(seconds)} a picture"
        curves.append(Curve(colour_of(number), [seconds * 1e3], [psnr], [told], joined=False))
    return plot(curves, "median time of a picture, ms", "mean " + METRIC_TITLES["psnr"])


# Views


def _table(beside: ScenesBeside) -> str:
    metrics = ("psnr", "ssim", "ssim_uniform") if len(beside.scenes) == 1 else ("psnr", "ssim")
    heads = ["<th aria-sort='ascending'><button>View</button></th>"]
    for metric in metrics:
        heads += [
            f"<th>{_swatch(number)}<button>{METRIC_TITLES[metric]}<br>{_text(label)}</button></th>"
            if len(beside.scenes) > 1
            else f"<th><button>{METRIC_TITLES[metric]}</button></th>"
            for number, label in enumerate(beside.labels)
        ]
    if len(beside.scenes) == 2:
        heads.append("<th><button>Difference<br>second − first, dB</button></th>")
    rows = "".join(_table_row(row, metrics) for row in beside.rows)
    head = f"<thead><tr>{''.join(heads)}</tr></thead>"
    return _in_frame(f"<table id='views'>{head}<tbody>{rows}</tbody></table>")


def _table_row(row: ViewRow, metrics: tuple[str, ...]) -> str:
    name = f"<a href='#view-{row.number}'>{_text(row.label)}</a>" if row.photograph is not None else _text(row.label)
    cells = [f"<td data-v='{row.number}'>{name}</td>"]
    for metric in metrics:
        values = [None if score is None else float(getattr(score, metric)) for score in row.scores]
        there = [value for value in values if value is not None]
        cells += [_cell(metric, value, len(values) > 1 and value == max(there)) for value in values]
    if len(row.scores) == 2:
        cells.append(_difference(*row.scores))
    return f"<tr data-row='{row.number}'>{''.join(cells)}</tr>"


def _cell(metric: str, value: float | None, is_best: bool) -> str:
    if value is None:
        return "<td data-v=''>–</td>"
    return f"<td data-v='{_number(value)}'{' class=best' if is_best else ''}>{_shown(metric, value)}</td>"


def _difference(first: Score | None, second: Score | None) -> str:
    if first is None or second is None or not math.isfinite(second.psnr - first.psnr):
        return "<td data-v=''>–</td>"
    return f"<td data-v='{_number(second.psnr - first.psnr)}'>{second.psnr - first.psnr:+.2f}</td>"


def _number(value: float) -> str:
    """As the script reads it, to the last bit."""
    return "Infinity" if math.isinf(value) else repr(value)


def _pictures(beside: ScenesBeside) -> list[str]:
    shown = [row for row in beside.rows if row.photograph is not None]
    if not shown:
        return []
    limit = error_limit([tiles for row in shown for tiles in row.tiles if tiles is not None])
    few = (
        ""
        if len(shown) == len(beside.rows)
        else f"Of {len(shown)} of {len(beside.rows)} views: evenly spaced ones and the worst. "
    )
    scale = data_uri(webp(error_scale(*SCALE_PX)))
    return [
        "<h2>Pictures</h2>",
        f"<p class='muted'>{few}Made smaller, and kept as WebP; scores are of the whole pictures.</p>",
        "<div class='scale'><span>error 0</span>"
        f"<img src='{scale}' alt='colours of errors' width='{SCALE_PX[0]}' height='{SCALE_PX[1]}'>"
        f"<span>{limit:g} of the range, and more; mean of the three colours; grey does not count</span></div>",
        "<div id='pictures'>",
        *(_view(beside, row, limit) for row in shown),
        "</div>",
    ]


def _view(beside: ScenesBeside, row: ViewRow, limit: float) -> str:
    figures = [_figure(row.photograph, "Photograph")] if row.photograph is not None else []
    for label, tiles, score in zip(beside.labels, row.tiles, row.scores, strict=True):
        figures += _of_scene(label, tiles, score, limit)
    return (
        f"<section class='view' id='view-{row.number}'><h3>{_text(row.label)}</h3>"
        f"<div class='row'>{''.join(figures)}</div></section>"
    )


def _of_scene(label: str, tiles: ViewTiles | None, score: Score | None, limit: float) -> list[str]:
    if tiles is None or score is None:
        return [f"<figure><figcaption>{_text(label)}: no picture was kept of this view</figcaption></figure>"]
    told = f"{label}: {_shown('psnr', score.psnr)} dB, SSIM {_shown('ssim', score.ssim)}"
    return [_figure(tiles.image, told), _figure(webp(shaded_error(tiles, limit)), f"{label}: error")]


def _figure(picture: bytes, caption: str) -> str:
    return (
        f"<figure><img src='{data_uri(picture)}' alt='{_text(caption)}' loading='lazy'>"
        f"<figcaption>{_text(caption)}</figcaption></figure>"
    )


# What it rests on


def _assumed(beside: ScenesBeside) -> list[str]:
    parts = []
    for label, scene in zip(beside.labels, beside.scenes, strict=True):
        if scene.notes:
            lines = "".join(f"<li>{_text(note)}</li>" for note in scene.notes)
            parts.append(f"<h3>{_text(label)}</h3><ul>{lines}</ul>")
    return ["<h2>What was assumed</h2>", *parts] if parts else []


def _versions() -> str:
    facts = {"Vantage": __version__, "Python": platform.python_version(), "torch": str(torch.__version__)}
    facts["System"] = f"{platform.system()} {platform.machine()}"
    rows = "".join(f"<tr><th>{_text(name)}</th><td>{_text(value)}</td></tr>" for name, value in facts.items())
    return f"<table class='facts'><tbody>{rows}</tbody></table>"
