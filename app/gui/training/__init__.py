"""Training in the window: the dialog that orders it, the panel that shows it, and what holds both together."""
