"""Input photographs in the window: asked for, shown small, changed, dropped, remembered."""
