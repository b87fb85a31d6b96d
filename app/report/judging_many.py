"""Several scenes judged one after the other, each opened for that alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.report.beside import ScenesBeside
from app.report.judging import JudgedView, Judging, judge
from app.training.evaluated_views import evaluated_views
from app.viewing.memory import give_back
from app.viewing.opening import SceneSource
from engines.core.engine import Stop
from engines.core.errors import Cancelled

OnJudged = Callable[[int, JudgedView, int], None]
"""Is given the number of a scene, a view of it, and how many views it is judged by."""


def judge_many(sources: Sequence[SceneSource], judging: Judging, on_judged: OnJudged, stop: Stop) -> ScenesBeside:
    """Opens scenes again and compares each with the photographs of its data.

    Raises:
        UserError: one can't be opened, or has no photographs.
        Cancelled: `stop` said so.
    """
    found = []
    for number, source in enumerate(sources):
        if stop():
            raise Cancelled
        opened = source.open(photographs=True)
        count = len(evaluated_views(opened, judging.split).views)
        found.append(judge(opened, judging, _numbered(on_judged, number, count), stop))
        del opened
        give_back()
    return ScenesBeside(tuple(found))


def _numbered(on_judged: OnJudged, number: int, count: int) -> Callable[[JudgedView], None]:
    return lambda view: on_judged(number, view, count)
