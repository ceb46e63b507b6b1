"""A fake of the service on loopback: its tasks advance, and its images load.

It stands alone: nothing else of `tui` is imported here, so that client and stand-in cannot share a
mistake.
"""

from tui.demo.service import DemoService

__all__ = ["DemoService"]
