"""How far work in the background is, and how long it still takes."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from persons.importing.staging import ROWS_IN_A_BATCH
from persons.models import Operation, Upload


@dataclass(frozen=True)
class Progress:
    """How far the worker is, in rows or persons."""

    done: int
    total: int
    per_second: float
    is_of_persons: bool = False

    @classmethod
    def of_upload(cls, upload: Upload) -> "Progress | None":
        """None while no worker has begun."""
        if upload.begun_at is None:
            return None
        rows = (upload.found or {}).get("rows") or upload.total * ROWS_IN_A_BATCH
        batch = rows / (upload.total or 1)
        seconds = (timezone.now() - upload.begun_at).total_seconds() or 1
        return cls(round(upload.done * batch), rows, (upload.done - upload.begun_with) * batch / seconds)

    @classmethod
    def of_operation(cls, operation: Operation) -> "Progress | None":
        """None while no worker has begun."""
        if operation.begun_at is None:
            return None
        seconds = (timezone.now() - operation.begun_at).total_seconds() or 1
        done = min(operation.done, operation.total)
        return cls(done, operation.total, (done - operation.begun_with) / seconds, is_of_persons=True)

    @property
    def remaining(self) -> str:
        """The rate, and how long it will take at that rate; nothing before there is one."""
        if self.per_second <= 0:
            return ""
        seconds = (self.total - self.done) / self.per_second
        if seconds < 60:
            return f"{self.rate} · {_('less than a minute left')}"
        minutes = round(seconds / 60)
        left = ngettext("about %(minutes)d minute left", "about %(minutes)d minutes left", minutes)
        return f"{self.rate} · {left % {'minutes': minutes}}"

    @property
    def rate(self) -> str:
        number = max(1, round(self.per_second))
        if self.is_of_persons:
            return _("%(persons)d persons a second") % {"persons": number}
        return _("%(rows)d rows a second") % {"rows": number}
