"""Everything that bends Textual to a slow or unsteady terminal. Knows nothing of tasks."""
