"""Benchmarks of the running program, each beside a minimal Textual app as the floor.

`python -m tests.benchmarks [--quick] [--json FILE]`; Linux only, since it reads `/proc`.
"""
