"""The program's exceptions. A failed query becomes an `ApiError` once, where it happens."""

from __future__ import annotations

from enum import StrEnum


class ErrorKind(StrEnum):
    """What a failed query says about the key, the task, the service or the network."""

    KEY_REFUSED = "401"
    """401 with the service's own JSON error: about the key, or about this task alone."""
    NOT_FOUND = "not found"
    """404: the service does not know this task."""
    RATE_LIMITED = "429"
    """429, 503 with a `Retry-After`, or an error in words that say that there are too many
    requests."""
    SERVER = "server error"
    """5xx, a success without content, or an error in words that say that it passes by itself."""
    REJECTED = "refused"
    """Another 4xx (403 with the service's own JSON error), or 2xx whose outer status is `error`."""
    OFFLINE = "offline"
    """No connection: unknown host, no route, refused, reset, or a protocol error."""
    TIMEOUT = "timeout"
    """No complete response before the deadline."""
    CERTIFICATE = "certificate"
    """The server's certificate is not trusted."""
    OTHER_TASK = "another task"
    """A response of the service about another task than the one that was asked for."""
    NOT_THE_API = "not the API"
    """Not a response of the service, such as a redirect or a page of a proxy or portal."""
    UNEXPECTED = "bug"
    """A bug in this program, logged."""

    @property
    def transport(self) -> bool:
        """Whether no response arrived at all."""
        return self in (ErrorKind.OFFLINE, ErrorKind.TIMEOUT, ErrorKind.CERTIFICATE)

    @property
    def about_task(self) -> bool:
        """Whether it is an answer about one task, whatever the host does."""
        return self in (ErrorKind.NOT_FOUND, ErrorKind.REJECTED, ErrorKind.OTHER_TASK)


class ApiError(Exception):
    """A status query failed."""

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        http_status: int | None = None,
        retry_after: float | None = None,
        stale_connection: bool = False,
        is_strange: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        """One sanitized line in plain words, without key or link."""
        self.http_status = http_status
        self.retry_after = retry_after
        """Seconds that the service asked to wait with this task."""
        self.stale_connection = stale_connection
        """Whether the server may just have closed an idle connection, so that the request is worth
        one immediate retry on a new one."""
        self.is_strange = is_strange
        """Whether this is a refusal that is not in the service's own form, such as the 404 of an
        address where nothing is."""

    @property
    def is_unknown_id(self) -> bool:
        """Whether the service itself says that it does not know the task: no proxy, no page."""
        return self.kind is ErrorKind.NOT_FOUND and not self.is_strange


class MediaError(Exception):
    """A picture or video could not be fetched; the message is one line without the link."""

    def __init__(
        self,
        message: str,
        *,
        expired: bool = False,
        refused: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.expired = expired
        """Whether the host says that the link has expired."""
        self.refused = refused or expired
        """Whether the host refuses the link, so that a fresh one may help."""
        self.retry_after = retry_after
        """Seconds that the host wants to be left alone before it is asked for the same again; 0 if
        it names none, None if asking again does not help."""
        self.progressed = False
        """Whether a part of the file arrived that had not been there before."""


class UnreachableError(MediaError):
    """There is no connection to the host of a link, which may be so for long."""


class UnsafeLinkError(MediaError):
    """A link must not be fetched; the message says why and fits into a sentence."""


class UserError(Exception):
    """An error that the user can fix; the message is one line that says how."""
