"""What the program costs, measured from outside, as ratios to a bare Textual app beside it.

`python -m tests.benchmarks [--quick] [--json FILE]`; Linux only, for it reads `/proc`.
"""
