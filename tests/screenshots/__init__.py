"""Pictures of the running demo, for the README and for people who judge how it looks.

`python -m tests.screenshots` writes them as SVG, and as PNG where a renderer and fonts are there.
`stage` runs the app on a clock that stands still, `svg` makes its pictures the same everywhere,
`png` renders them.
"""
