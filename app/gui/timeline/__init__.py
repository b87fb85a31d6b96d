"""The timeline: a bar under the viewport where a camera path is edited by its keys."""
