"""The standards that this process was started with."""

from isms.catalogue.standards import Standards

_standards: Standards | None = None


def use(standards: Standards) -> None:
    """Put the standards that were read at the start where every rule finds them."""
    global _standards
    _standards = standards


def standards() -> Standards:
    """Give the standards; RuntimeError before any were read."""
    if _standards is None:
        raise RuntimeError("the standards were not loaded: the assembly calls catalogue.rules.use")
    return _standards
