"""Structure from motion: cameras of photographs that have none, found by COLMAP in a process of its own."""
