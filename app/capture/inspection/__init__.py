"""What a data folder is, and what in it is doubtful, before anything is learnt from it."""
