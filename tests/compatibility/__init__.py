"""The tests on real terminals, run on other Pythons and with newer Textual and httpx.

`python -m tests.compatibility [--only pinned|newest] [--pre] [--quick] [--log FILE]`
"""
