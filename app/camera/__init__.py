"""The camera that one looks through: moved by hand, animated, fitted to what a scene can draw."""
