"""Everything that adapts Textual to a slow or unreliable terminal; nothing here knows of tasks."""
