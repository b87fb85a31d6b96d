"""What scenes make of an object's photographs, compared with its voxels or depth maps, where the data has some.

| module | what |
|---|---|
| `scoring.py` | which photographs of which objects; the comparison, object by object |
| `validating.py` | the same of some held-out objects while a training goes on |
| `scores.py` | the definitions, and means |
| `score_table.py`, `score_plot.py` | as a table, JSON, CSV; as a picture |
"""
