"""What every training does alike."""
