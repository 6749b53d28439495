"""A bulk update of one answer of everybody who has given one."""

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from benchmarks.meanwhile import Meanwhile
from benchmarks.timing import Work, at_most
from persons import bulk
from persons.models import BulkUpdate, Operation, Person

BY_HAND = """
    WITH act AS (
        INSERT INTO persons_act (door, is_own_door, expressed_by, token, reason, request_id, user_id, operation_id)
        VALUES ('bulk', false, 'person', '', '', '', %(user)s, %(operation)s) RETURNING id, recorded_at),
    event AS (
        INSERT INTO persons_consentevent (act_id, person_id, purpose_id, basis_before_id, basis_after_id, source_id,
                                          given_at, force, is_own, is_late)
        SELECT act.id, person_id, purpose_id, basis_id, '61B', 'USER', recorded_at_now, 0, false, false
        FROM (SELECT c.*, now() AS recorded_at_now FROM persons_consent c WHERE purpose_id = 'STORE') c, act
        RETURNING id, person_id, given_at)
    UPDATE persons_consent c
    SET basis_id = '61B', source_id = 'USER', given_at = event.given_at, recorded_at = act.recorded_at,
        event_id = event.id
    FROM event, act WHERE c.person_id = event.person_id AND c.purpose_id = 'STORE'"""


class Update(Work):
    name = "Bulk update of the basis for sales and service"
    bar = at_most(2)
    rounds = 3
    writes = True

    def prepare(self) -> None:
        """Checked by hand: the dry run is a work of its own."""
        self.operation = checked()
        self.number = self.operation.total

    def ours(self) -> int:
        bulk.run(self.operation)
        return self.operation.counts["recorded"]

    def yardstick(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(BY_HAND, {"user": self.operation.created_by_id, "operation": self.operation.pk})
            return cursor.rowcount


class UpdateWithWithdrawals(Meanwhile):
    name = "Withdrawals during a bulk update"

    def prepare(self) -> None:
        self.operation = checked()

    def undertake(self) -> None:
        bulk.run(self.operation)


def checked() -> Operation:
    """An operation that waits for the worker."""
    user = get_user_model().objects.get()
    update = BulkUpdate(
        purpose_id="STORE",
        basis_id="61B",
        source_id="USER",
        expressed_by="person",
        only_if_none=False,
        given_at=timezone.now(),
    )
    operation = bulk.prepare(update, Person.objects.filter(consents__purpose="STORE"), by=user)
    Operation.objects.filter(pk=operation.pk).update(state=Operation.State.WAITING)
    operation.refresh_from_db()
    return operation


WORKS = [Update, UpdateWithWithdrawals]
