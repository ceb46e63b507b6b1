"""A stand-in for the service, on loopback: tasks that really advance, images that really load.

For the program's demo mode, the tests and the pictures of the README. It needs no account, spends
no points and reaches no network. It stands alone: nothing else of `tui` is imported here, so that
client and stand-in cannot share a mistake.

`server` speaks HTTP, `oss` signs and checks links, `storyboard` says what each task does and when,
`pictures` and `figures` draw, and `service` makes one service out of them.
"""

from tui.demo.service import DemoService

__all__ = ["DemoService"]
