"""Photographs before they are trained on: looked through, undistorted, posed by COLMAP."""
