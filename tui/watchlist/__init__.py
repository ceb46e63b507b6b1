"""The watched tasks, in memory and on disk."""
