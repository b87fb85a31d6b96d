"""A coloured mesh of any scene that is a surface, or that gives depth, in a PLY, OBJ or GLB file.

| module | what |
|---|---|
| `meshing.py` | all of it: what is asked for (`mesh_export.py`), the mesh, the file |
| `axes.py` | which way is up in the file |
| `mesh_file.py`, `glb_file.py` | the file |
| `point_cloud.py` | the points that a scene knows, in a file |
| `surface.py` | triangles: small pieces taken away, fewer where wanted, their normals; the zero level of a volume |

Of a scene's own surface (`surface_meshing.py`, in order):

| module | what |
|---|---|
| `field.py` | the field as it is asked: values, slopes, colours |
| `iso_surface.py`, `lattice.py`, `cell_tables.py` | which cells the surface crosses, found from coarse to fine |
| `marching.py` | their triangles |
| `refining.py` | triangles brought nearer to the field, normals by its gradient |

Of depths, from pictures and depths of many cameras (`depth_meshing.py`, in order):

| module | what |
|---|---|
| `cameras.py` | where to look from, and the box to look into |
| `depth_views.py` | what a camera saw, pixel by pixel: a surface, nothing, or nothing that can be trusted |
| `footprints.py` | what a view says about whole blocks of voxels at once |
| `fusion.py` | the truncated signed distances of all views in one volume |
| `colours.py` | the colour of each vertex, from the views that see it |

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
