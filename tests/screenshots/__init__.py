"""Screenshots of the running demo, for the README and for design reviews.

`python -m tests.screenshots` writes them as SVG, and as PNG if a renderer and fonts are installed.
`capture` runs the app with a simulated clock, `svg` makes its output reproducible, `png` renders
it.
"""
