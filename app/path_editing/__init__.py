"""Keyed camera paths as they are edited, without a window: document, edits, flights, generated keys, preview."""
