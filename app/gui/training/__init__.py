"""Training in the window: the dialog that asks for it, the panel that shows it, and what holds both together."""
