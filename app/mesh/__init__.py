"""A coloured mesh of any scene that gives depth: from pictures and depths of many cameras to a PLY, OBJ or GLB file.

| module | what |
|---|---|
| `cameras.py` | where to look from, and the box to look into |
| `depth_views.py` | what a camera saw, pixel by pixel: a surface, nothing, or nothing that can be trusted |
| `footprints.py` | what a view says about whole blocks of voxels at once |
| `fusion.py` | the truncated signed distances of all views in one volume |
| `surface.py` | its zero level as triangles; small pieces taken away; fewer triangles where wanted |
| `colours.py` | the colour of each vertex, from the views that see it |
| `axes.py` | which way is up in the file |
| `mesh_file.py`, `glb_file.py` | the file |
| `meshing.py` | all of it, with progress |

A mesh compared with another:

| module | what |
|---|---|
| `mesh_reading.py` | mesh files of any origin, in the world |
| `references.py`, `scored_files.py` | what a mesh is compared with; which mesh of a folder with which |
| `alignment.py` | from the scene's world to the reference's |
| `containment.py` | which points are inside |
| `scoring.py`, `score_table.py` | the scores; as a table, JSON, CSV |

A mesh under the scene's cameras, for the window:

| module | what |
|---|---|
| `drawing.py` | its colours, coverage and depth as a camera sees them |
| `near_clipping.py`, `wireframe.py` | triangles that reach behind the camera; edges |
| `showing.py` | over a picture, beside it, or with a line between; the threads that draw |
"""
