"""Terminals as people have them, on a display without a screen: `-m real_terminals`.

`display` is the X server, `terminals` knows how each terminal is started, `window` types into one
and takes its screenshots, `reading` reads the words in them. Needs Xvfb, xdotool and, where
words are read, tesseract; what is not installed is skipped and named.
`python -m tests.real_terminals FOLDER` writes screenshots of all that are installed, to be
looked at; `--readme` writes those of the README.
"""
