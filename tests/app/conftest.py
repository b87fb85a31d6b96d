from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app.fake_scene import FakeScene
from tests.app.watched import Watch, Watched


@pytest.fixture
def watch() -> Iterator[Watch]:
    made: list[Watched] = []

    def make(scene: FakeScene) -> Watched:
        made.append(Watched(scene))
        return made[-1]

    yield make
    for watched in made:
        watched.worker.close()
