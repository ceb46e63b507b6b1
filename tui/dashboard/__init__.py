"""The dashboard: everything that is drawn with Textual."""
