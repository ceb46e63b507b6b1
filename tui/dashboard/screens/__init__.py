"""The screens: the dashboard, and one file per dialog."""
