"""Floor 0: what every room stands on. It knows no room."""
