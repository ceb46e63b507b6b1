"""How a status request can fail, in one type; and the error that a user mends by hand.

Every fault of the network, the protocol and the answer is translated once, where it happens, into
an `ApiError` of one kind. The schedule decides by the kind, the screen says it in words. Imports
nothing of ours.
"""

from __future__ import annotations

from enum import StrEnum


class ErrorKind(StrEnum):
    """What a failed request says about the key, the task, the host or the way to it."""

    KEY_REFUSED = "key refused"
    """401 or 403 with the service's own JSON error."""
    NOT_FOUND = "not found"
    """404: the service does not know this task."""
    RATE_LIMITED = "429"
    """429, or 503 that says when to come back."""
    SERVER = "server error"
    """5xx."""
    REJECTED = "refused"
    """Another 4xx, or 2xx whose outer status is `error`."""
    OFFLINE = "offline"
    """No connection: name, route, refusal, reset, broken protocol."""
    TIMEOUT = "timeout"
    """No whole answer within the deadline."""
    CERTIFICATE = "certificate"
    """The other side could not prove who it is."""
    NOT_THE_API = "not the API"
    """A redirect, a page or other bytes that the service does not send: a proxy or a portal."""
    UNEXPECTED = "bug"
    """A fault of ours, logged."""

    @property
    def transport(self) -> bool:
        """Whether no answer came at all."""
        return self in (ErrorKind.OFFLINE, ErrorKind.TIMEOUT, ErrorKind.CERTIFICATE)


class ApiError(Exception):
    """A status request that brought no task."""

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        http_status: int | None = None,
        retry_after: float | None = None,
        stale_connection: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        """One line in plain words, scrubbed, with neither key nor link in it."""
        self.http_status = http_status
        self.retry_after = retry_after
        """Seconds for which the service asked to be left alone."""
        self.stale_connection = stale_connection
        """Whether a kept connection may just have been closed by the other side, so that the same
        request deserves a second try on a new one."""


class MediaError(Exception):
    """A picture or a video that could not be fetched; one line in plain words, without the link."""

    def __init__(self, message: str, *, expired: bool = False) -> None:
        super().__init__(message)
        self.expired = expired
        """Whether the link had expired, so that a fresh one may help."""


class UserError(Exception):
    """Something that the user can mend; its text is one line and says how."""
