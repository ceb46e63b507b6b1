"""Pictures of frames, decoded for the terminal."""
