"""Pictures in the terminal: how they get there, stay there and go."""
