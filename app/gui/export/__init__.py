"""Exports from the window: dialogs, jobs, and the bar of the one under way."""
