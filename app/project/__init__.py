"""Projects: what is worked on, in one file: scenes, view, camera path, bookmarks, what exports are to be like."""
