"""Signed links of any store: what they lead to, when they end, and how to mend them."""
