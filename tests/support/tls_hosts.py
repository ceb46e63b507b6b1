"""Hosts with certificates that a client should not trust, and one that it may.

All were made for these tests with one key, and are signed by one authority, but for the one that is
self-signed. They are for 127.0.0.1 from 2026 to 2126 unless their name says otherwise.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_KEY: Final = (
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgi+OW4k2tb9SVu68NcqodgGs1QBiazbGBwrF+1n8GoQqh"
    "RANCAAQlTbpHhRUi9GTwo0IE2nfFbxyqdCYpxpi2AVeSsLXX5pdz9o63wNJRHN6kK7Oqwrc+agTX1AiO87VzbN2VDvhL"
)
_CERTIFICATES: Final = {
    "authority": (
        "MIIBWzCCAQGgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlhdXRob3JpdHkwIBcNMjYwMTAxMDAwMDAwWhgP"
        "MjEyNjAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABCVNukeF"
        "FSL0ZPCjQgTad8VvHKp0JinGmLYBV5Kwtdfml3P2jrfA0lEc3qQrs6rCtz5qBNfUCI7ztXNs3ZUO+EujQjBAMA4GA1Ud"
        "DwEB/wQEAwIBBjAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBT7KHy4PutwIxn7e4magACdBztRXjAKBggqhkjOPQQD"
        "AgNIADBFAiBnHQIZg28ExyM/YcGm5L5c00CUTrOsJWw8+qkMhfQ8uAIhAMFgaHsdrZ9zhi6DZH6z4GR/4xIBPLE7rP2e"
        "YhjzY4pd"
    ),
    "good": (
        "MIIBkDCCATagAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlhdXRob3JpdHkwIBcNMjYwMTAxMDAwMDAwWhgP"
        "MjEyNjAxMDEwMDAwMDBaMA8xDTALBgNVBAMMBGdvb2QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQlTbpHhRUi9GTw"
        "o0IE2nfFbxyqdCYpxpi2AVeSsLXX5pdz9o63wNJRHN6kK7Oqwrc+agTX1AiO87VzbN2VDvhLo3wwejAaBgNVHREEEzAR"
        "hwR/AAABgglsb2NhbGhvc3QwDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwHQYDVR0OBBYEFPsofLg+63AjGft7"
        "iZqAAJ0HO1FeMB8GA1UdIwQYMBaAFPsofLg+63AjGft7iZqAAJ0HO1FeMAoGCCqGSM49BAMCA0gAMEUCIQCsK7C7pmSA"
        "rySpODEoaebpLgFC+Xp9rgGnaZFPI0zwQgIgAs+Po1Xwvqi0rO6kHD9EV84WAEOCoromiG13cYv9m2I="
    ),
    "other name": (
        "MIIBjjCCATWgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlhdXRob3JpdHkwIBcNMjYwMTAxMDAwMDAwWhgP"
        "MjEyNjAxMDEwMDAwMDBaMBAxDjAMBgNVBAMMBW90aGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEJU26R4UVIvRk"
        "8KNCBNp3xW8cqnQmKcaYtgFXkrC11+aXc/aOt8DSURzepCuzqsK3PmoE19QIjvO1c2zdlQ74S6N6MHgwGAYDVR0RBBEw"
        "D4INb3RoZXIuZXhhbXBsZTAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDAdBgNVHQ4EFgQU+yh8uD7rcCMZ+3uJ"
        "moAAnQc7UV4wHwYDVR0jBBgwFoAU+yh8uD7rcCMZ+3uJmoAAnQc7UV4wCgYIKoZIzj0EAwIDRwAwRAIgaKXgTcl7R96K"
        "lgEdJlAR0u2yrIiV/ABDLmpFYs7gbukCIGiRUxp+ONXdVhjfBstXn9e0iGmzngduNjfz4Oo5OaXr"
    ),
    "expired": (
        "MIIBhzCCASygAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlhdXRob3JpdHkwHhcNMjAwMTAxMDAwMDAwWhcN"
        "MjEwMTAxMDAwMDAwWjASMRAwDgYDVQQDDAdleHBpcmVkMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEJU26R4UVIvRk"
        "8KNCBNp3xW8cqnQmKcaYtgFXkrC11+aXc/aOt8DSURzepCuzqsK3PmoE19QIjvO1c2zdlQ74S6NxMG8wDwYDVR0RBAgw"
        "BocEfwAAATAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDAdBgNVHQ4EFgQU+yh8uD7rcCMZ+3uJmoAAnQc7UV4w"
        "HwYDVR0jBBgwFoAU+yh8uD7rcCMZ+3uJmoAAnQc7UV4wCgYIKoZIzj0EAwIDSQAwRgIhAISINS5Le4AhzPV8oS6g3fV7"
        "vagOOIW791v+zb3t3UO1AiEA6B3Re8NNmQg/SdPEfZV2T5AIVt6hpbIN+5kR1StizQw="
    ),
    "not yet valid": (
        "MIIBiTCCAS+gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlhdXRob3JpdHkwIhgPMjEyMDAxMDEwMDAwMDBa"
        "GA8yMTI2MDEwMTAwMDAwMFowETEPMA0GA1UEAwwGZnV0dXJlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEJU26R4UV"
        "IvRk8KNCBNp3xW8cqnQmKcaYtgFXkrC11+aXc/aOt8DSURzepCuzqsK3PmoE19QIjvO1c2zdlQ74S6NxMG8wDwYDVR0R"
        "BAgwBocEfwAAATAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDAdBgNVHQ4EFgQU+yh8uD7rcCMZ+3uJmoAAnQc7"
        "UV4wHwYDVR0jBBgwFoAU+yh8uD7rcCMZ+3uJmoAAnQc7UV4wCgYIKoZIzj0EAwIDSAAwRQIgP6pumUA6EcEAJDEDCpQN"
        "NqN8hRNoQsX60lq0AZU+h7QCIQCuqt2dw2Au4DIrhVYi7JT9opppHETePf4vM7Zy6eJgUg=="
    ),
    "client purpose": (
        "MIIBoDCCAUWgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlhdXRob3JpdHkwIBcNMjYwMTAxMDAwMDAwWhgP"
        "MjEyNjAxMDEwMDAwMDBaMBIxEDAOBgNVBAMMB3B1cnBvc2UwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQlTbpHhRUi"
        "9GTwo0IE2nfFbxyqdCYpxpi2AVeSsLXX5pdz9o63wNJRHN6kK7Oqwrc+agTX1AiO87VzbN2VDvhLo4GHMIGEMA8GA1Ud"
        "EQQIMAaHBH8AAAEwDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0O"
        "BBYEFPsofLg+63AjGft7iZqAAJ0HO1FeMB8GA1UdIwQYMBaAFPsofLg+63AjGft7iZqAAJ0HO1FeMAoGCCqGSM49BAMC"
        "A0kAMEYCIQCSGM4ftpngyOpRqUvuutbL+AxpUIjKcEVl2PRH8B84FgIhAObgfST4R55umTWjhF/+rFuZAnmbUEcfvi5x"
        "Wre43vj6"
    ),
    "self-signed": (
        "MIIBYTCCAQegAwIBAgIBATAKBggqhkjOPQQDAjAQMQ4wDAYDVQQDDAVhbG9uZTAgFw0yNjAxMDEwMDAwMDBaGA8yMTI2"
        "MDEwMTAwMDAwMFowEDEOMAwGA1UEAwwFYWxvbmUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQlTbpHhRUi9GTwo0IE"
        "2nfFbxyqdCYpxpi2AVeSsLXX5pdz9o63wNJRHN6kK7Oqwrc+agTX1AiO87VzbN2VDvhLo1AwTjAPBgNVHREECDAGhwR/"
        "AAABMAwGA1UdEwEB/wQCMAAwDgYDVR0PAQH/BAQDAgeAMB0GA1UdDgQWBBT7KHy4PutwIxn7e4magACdBztRXjAKBggq"
        "hkjOPQQDAgNIADBFAiBaXKc8CS+PrEmLSjRa6vSaEdIBjQXihj51yaVTxAWANgIhAMHjw81Sng6LdPAgY9B7kUOOZ2KO"
        "YxWfX1L94IU3M3BE"
    ),
}


def write_certificate(folder: Path, name: str) -> Path:
    """Write a certificate as PEM; return its path."""
    path = folder / f"{name.replace(' ', '-')}.pem"
    path.write_text(
        f"-----BEGIN CERTIFICATE-----\n{_CERTIFICATES[name]}\n-----END CERTIFICATE-----\n"
    )
    return path


def server_context(folder: Path, name: str) -> ssl.SSLContext:
    """Return the TLS context of a server that shows the certificate of this name."""
    label = "PRIVATE KEY"
    key = folder / "key.pem"
    key.write_text(f"-----BEGIN {label}-----\n{_KEY}\n-----END {label}-----\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(write_certificate(folder, name), key)
    return context


def _read_to_the_end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass


@contextlib.contextmanager
def tls_host(context: ssl.SSLContext, answer: bytes) -> Iterator[str]:
    """Run a host that sends one answer over each TLS connection; yield its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
                raw = stack.enter_context(connection.dup())
                # Closed with something unread, it would reset the connection: the client might
                # never see the alert that says why. So this side closes last.
                stack.callback(_read_to_the_end, raw)
                encrypted = context.wrap_socket(connection, server_side=True)
                stack.enter_context(encrypted)
                encrypted.recv(4096)
                encrypted.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        # Closing alone does not wake a thread that is blocked in accept.
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
