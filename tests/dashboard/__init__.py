"""Tests of `tui/dashboard/`."""
