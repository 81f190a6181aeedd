"""Floor 9: what each person has to do, from every room; writes nothing of its own."""
