"""Trained neural scenes for scripts and notebooks: open, render, export, train.

    import vantage

    scene = vantage.open(vantage.demo("toys"))
    image = scene.render(width=256)

`docs/python-api.md` has all of it by example. What stands in `__all__` keeps its name and its meaning until the next
major version.
"""

from app.api import *  # noqa: F403
from app.api import __all__ as __all__
