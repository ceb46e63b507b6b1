"""What the tests use to read as sessions: a real terminal, and a stand-in for the service."""
