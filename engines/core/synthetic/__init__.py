"""Small ray-traced scenes with exact depth: shapes, materials, arrangements, cameras, layouts.

Each module has one of these, so that a variation (another material, a moving pose) is a change of data:
`shapes` and `materials` know nothing of each other, `scene` places them, `arrangement` makes whole scenes from a seed,
`raytracer` draws any scene, `viewpoints` says from where, `sample` writes data folders.
World: z is up, everything stays within `scene.BALL_RADIUS` of the origin.
"""
