"""Small ray-traced scenes with exact depth: shapes, materials, arrangements, cameras, layouts.

Each module has one of these, so that a variation (another material, a moving pose) is a change of data:
`shapes` and `materials` (with `patterns`) know nothing of each other, `scene` places them, `raytracer` draws any scene,
`still_view` draws again only what moved.

A still life is made by `arrangement`, a class of cars by `toy_car`, seen from `viewpoints`, written by `sample`.
A recording: `stages` hold `furniture` or a `street`, `movers` follow a `motion`, a `scheme` gives the colours;
`recording` brings them before its rig, `recording_sample` writes it, in several processes: `recording_processes`.

World: z is up. A still life and a car stay within `scene.BALL_RADIUS` of the origin; a recording's ground is z = 0.
"""
