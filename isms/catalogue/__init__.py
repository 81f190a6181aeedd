"""The standards (editions, requirements, mappings) and what the organisation decided on each control."""
