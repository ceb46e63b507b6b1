"""What `status`, `wait` and the dashboard run on."""
