"""What is open and how one looks at it, without a window: the session and its parts."""
