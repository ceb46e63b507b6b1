"""Records and states in words, for the dashboard and the command line alike. Knows no Textual."""
