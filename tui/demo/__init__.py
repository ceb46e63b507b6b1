"""A fake of the service on loopback, with tasks that advance and images that load.

Nothing else of `tui` is imported here, so that client and fake cannot share a mistake.
"""

from tui.demo.service import DemoService

__all__ = ["DemoService"]
