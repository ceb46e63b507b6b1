"""Saving frames and videos as files."""
