"""Faults of the machine, for `make faults`: power cuts, failing calls, a killed server. Root only; not part of `make test`."""
