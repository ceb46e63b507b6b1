"""A fake of the service on loopback: its tasks advance, and its images load.

Used by the demo mode, the tests and the README's screenshots. It needs no account, spends no
points and uses no network. It imports nothing else of `tui`, so that client and fake cannot share
a mistake.

`server` implements HTTP, `oss` signs and verifies links, `storyboard` defines what each task does
and when, `pictures` and `figures` draw, and `service` combines them.
"""

from tui.demo.service import DemoService

__all__ = ["DemoService"]
