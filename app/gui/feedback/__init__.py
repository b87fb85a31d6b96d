"""What is told to the user: banner, notifications, status line, what is waited for."""
