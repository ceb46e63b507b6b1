"""Controllers: each turns one kind of request from the screen into what is done about it."""
