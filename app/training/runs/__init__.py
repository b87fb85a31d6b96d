"""Trainings in the background: what is ordered, the process that carries it out, the queue, and the list of runs."""
