"""Floor 7: the outbox, and the only place that talks to a mail server."""
