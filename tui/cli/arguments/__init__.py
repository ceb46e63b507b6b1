"""The command line: its grammar and help, and what its arguments mean."""
