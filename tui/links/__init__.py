"""The links of a task: find, refresh, open and copy them."""
