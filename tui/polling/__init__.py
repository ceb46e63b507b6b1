"""When each task is queried, and the workers that do it."""
