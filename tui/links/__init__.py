"""Links of a task: finding, renewing, opening and copying them."""
