"""Floor 2: departments, people, roles, sign-in and sessions."""
