"""Data folders handed over to other programs' trainings, and what these make of them."""
