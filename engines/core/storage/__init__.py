"""Checkpoints, scene files and run folders, and the containers of other programs."""
