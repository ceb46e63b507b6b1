"""A TLS context for clients that meet no TLS: those of a service on the loopback interface.

One that trusts what the program trusts costs 20 ms of CPU time, which a client of every test had
to itself.
"""

from __future__ import annotations

import ssl
from typing import Final

NO_TRUST: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody, so that a connection over TLS would fail. Tests of TLS make their own."""
