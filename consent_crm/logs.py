"""What the web server says of its own faults."""

import logging
import traceback
from typing import Any


class WithoutWords(logging.Formatter):
    """Where it failed and what kind of error it was, without the error's words: the database's quote what is stored."""

    def formatException(self, ei: Any) -> str:
        kind, _error, trace = ei
        return "".join(traceback.format_tb(trace)) + kind.__name__
