"""Pictures of frames, prepared for the terminal."""
