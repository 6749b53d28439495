"""Whether somebody who leaves has to wait while something large is under way."""

from random import Random
from threading import Event, Thread
from time import perf_counter

from django.db import connection

from benchmarks.timing import Bar, Work
from persons import ledger
from persons.models import Door, Person
from purposes.models import EMARKETING, WITHDRAWN

PATIENCE = 1.0  # seconds: a mail program asks no longer
PAUSE = 0.02


class Meanwhile(Work):
    """Persons taken at random leave one after the other, while `undertake` runs.

    The two share the interpreter, as a web server and a worker do not: the waits are the longest there can be.
    """

    bar = Bar(f"each <= {PATIENCE:g} s", lambda measured: max(measured.work.waits) <= PATIENCE)
    rounds = 1
    writes = True

    def __init__(self, persons: int):
        super().__init__(persons)
        self.waits: list[float] = []

    def undertake(self) -> None:
        raise NotImplementedError

    def ours(self) -> None:
        over = Event()
        leaving = Thread(target=self.leave, args=[over])
        leaving.start()
        try:
            self.undertake()
        finally:
            over.set()
            leaving.join()

    def leave(self, over: Event) -> None:
        ids = list(Person.objects.order_by("pk").values_list("pk", flat=True))
        Random(1).shuffle(ids)  # noqa: S311 - no secret: the same persons every time
        by = ledger.Recorder(door=Door.ONE_CLICK)
        for pk in ids:
            begun = perf_counter()
            ledger.record(
                ledger.Answer(
                    person_id=pk, purpose_id=EMARKETING, basis_id=WITHDRAWN, source_id="EMAIL", given_at=ledger.now()
                ),
                by=by,
            )
            self.waits.append(perf_counter() - begun)
            if over.wait(PAUSE):
                break
        connection.close()

    def note(self) -> str:
        slowest = sorted(self.waits)
        middle = slowest[len(slowest) // 2]
        return f"{len(slowest)} left: median {middle * 1000:.0f} ms, slowest {slowest[-1] * 1000:.0f} ms"
