"""Posed photographs and what stands beside them, read when they are asked for."""
