"""Files of splats: a module for each form, found by `forms.FORMS`.

All are read into the axes of scenes trained from COLMAP, which is how most `.ply` are: x right, y down, z forward.
"""
