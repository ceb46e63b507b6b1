"""Tests of `tui.terminal.graphics`."""
