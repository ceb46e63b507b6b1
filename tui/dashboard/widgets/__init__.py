"""The widgets: they show values and send messages. None holds a service, a client or a store."""
