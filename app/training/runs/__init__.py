"""Trainings in the background: what is asked for, the process that carries it out, the queue, and the list of runs."""
