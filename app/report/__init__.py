"""Scenes judged by photographs that they were not shown, and what is told of it: one page that is read anywhere.

| module | what |
|---|---|
| `judging.py` | a scene compared with its held-out views: scores, times, memory, small pictures |
| `judging_many.py` | several of them, each opened for that alone |
| `tiles.py` | the small pictures of a view: photograph, what was drawn, where they differ |
| `beside.py` | several judged scenes, view by view |
| `page.py` | the page: what was compared, summary, plots, table, pictures; no file beside it, nothing fetched |
| `plots.py` | its plots, as SVG |
"""
