"""The window: PyQt5 and VisPy live here and nowhere else."""
