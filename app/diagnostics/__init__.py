"""What the program says of itself: its log file, how its runs ended, reports of faults, what a machine lacks."""
