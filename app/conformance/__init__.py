"""Whether a method does what the program relies on: tried on small data, check by check.

`running.conform` does all of it, for `main.py engine NAME`, for the tests of the methods here, and for those of a
plug-in. `samples` makes the data; `learning`, `drawing` and `besides` are the checks: of training, of scenes, of
abilities.
"""
