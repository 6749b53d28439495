"""The demo: an invented company's persons, their answers of two years, and its mailings.

The story is told in its order of time: persons come, answer, get mailings, leave by them. So every mailing has the
audience it would have had. What is invented is the same on every run, but for dates, which are relative to today;
what is recorded is recorded today, as the ledger's own clock has it.
"""

from .telling import NotEmpty, load

__all__ = ["NotEmpty", "load"]
