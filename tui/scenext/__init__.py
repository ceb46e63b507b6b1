"""The provider: its API, its responses and its signed links."""
