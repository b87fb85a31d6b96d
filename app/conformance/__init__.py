"""Whether a method does what the program relies on: tried on small data, check by check.

`running.conform` does all of it, for `main.py engine NAME`, for the tests of the methods here, and for those of a
plug-in. `samples` makes the data, `trial` has what the checks share. The checks: `declaring` (options, presets),
`importing`; `learning`; of scenes `drawing`, `looking` (where things lie), `varying` (controls), `viewing` (their
options) and `scene_abilities`; of what an engine may do besides `besides` and `authors_files`; `on_a_gpu`, without one.
"""
