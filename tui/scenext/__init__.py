"""The provider: its API, its answers and its signed links."""
