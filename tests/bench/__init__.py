"""Measurements: `make bench`. Each figure stands beside the bare work, measured in the same run."""
