"""Pictures as tests: states of the window and rendered frames, compared with stored ones (visual regression tests)."""
