"""Days, months and fiscal years as Japanese offices write them. Pure: nothing here reads the clock."""

from isms.core.days.eras import Era, era_day, era_of, era_year
from isms.core.days.fiscal import Span, fiscal_label, fiscal_span, fiscal_year, month_span
from isms.core.days.local import end_of_day, local_day, start_of_day
from isms.core.days.periods import read_fiscal_year, read_month, read_period
from isms.core.days.reading import UnreadableDay, read_day
from isms.core.days.writing import long_day, short_day

__all__ = [
    "Era",
    "Span",
    "UnreadableDay",
    "end_of_day",
    "era_day",
    "era_of",
    "era_year",
    "fiscal_label",
    "fiscal_span",
    "fiscal_year",
    "local_day",
    "long_day",
    "month_span",
    "read_day",
    "read_fiscal_year",
    "read_month",
    "read_period",
    "short_day",
    "start_of_day",
]
