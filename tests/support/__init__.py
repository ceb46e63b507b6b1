"""Shared test tools: a real terminal, scripted and faulty services, simulated time."""
