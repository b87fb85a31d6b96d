"""The program on top of the engines: sessions, workers, commands. Only `app/gui` needs a screen."""

__version__ = "0.1.0"
