"""Cleaning scenes of primitives: what is to be left out, by edits that can be undone, until it is saved."""
