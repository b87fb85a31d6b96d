"""The panel at the side, and what its cards are built of."""
