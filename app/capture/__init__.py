"""Photographs before they are learnt from: looked through, undistorted, posed by COLMAP."""
