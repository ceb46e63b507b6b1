"""Find out how pictures can be shown in this terminal."""
