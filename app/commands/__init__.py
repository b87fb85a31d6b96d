"""The commands of `main.py`, one a module, each with `add_arguments(parser)` and `run(arguments) -> exit code`.

Results go to stdout, everything else to stderr. Only the module of the command that runs is imported.
"""
