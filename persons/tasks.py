"""What the worker does for this room. Every job can be run twice, and taken up by another worker at any point."""

from django.db import connection
from django.utils import timezone, translation
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from persons import operations
from persons.bulk import Interrupted
from persons.importing import uploading
from persons.importing.applying import Busy
from persons.models import Operation, PendingConfirmation, Upload, Visits

IMPORTS = "imports"  # a queue of its own: an import may take an hour
OPERATIONS = "operations"  # another, so that nobody waits for an import with a bulk update
ONE_AT_A_TIME = "imports"  # jobs with one lock run one after the other
AGAIN = RetryStrategy(max_attempts=5, wait=5, linear_wait=10)
NEXT_HOUR = RetryStrategy(max_attempts=1)  # runs every hour anyway
REST = 5  # seconds until an import from elsewhere may be done


def put_to_work(upload: Upload, *, wait: int = 0) -> None:
    """Queue the dry run, or the import, of an upload; in the transaction there is, if there is."""
    later = {"seconds": wait} if wait else None
    app.configure_task("persons.tasks.go_on_with", lock=ONE_AT_A_TIME, schedule_in=later).defer(upload=upload.pk)


@app.task(queue=IMPORTS, retry=AGAIN, pass_context=True)
def go_on_with(context: JobContext, upload: int) -> None:
    """Do what the state of an upload asks for: dry run, import, or clearing away."""
    found = Upload.objects.select_related("created_by", "imported").filter(pk=upload).first()
    if found is None:
        return
    try:
        with translation.override(found.created_by.language):
            _step(found, context)
    except (Busy, uploading.Interrupted) as error:
        put_to_work(found, wait=REST if isinstance(error, Busy) else 0)
    except Exception:
        if context.job.attempts >= (AGAIN.max_attempts or 0):
            uploading.fail(found, "")
        raise
    finally:
        connection.close()


def put_operation_to_work(operation: Operation) -> None:
    """Queue what is next for an operation; in the transaction there is, if there is."""
    app.configure_task("persons.tasks.go_on_with_operation", lock=f"operation {operation.pk}").defer(
        operation=operation.pk
    )


@app.task(queue=OPERATIONS, retry=AGAIN, pass_context=True)
def go_on_with_operation(context: JobContext, operation: int) -> None:
    """Check or do a bulk update, or undo an operation."""
    found = Operation.objects.select_related("created_by", "undoes").filter(pk=operation).first()
    if found is None:
        return
    try:
        operations.go_on_with(found, stopped=context.should_abort)
    except Interrupted:
        put_operation_to_work(found)
    except Exception:
        if context.job.attempts >= (AGAIN.max_attempts or 0):
            operations.fail(found)
        raise
    finally:
        connection.close()


def _step(upload: Upload, context: JobContext) -> None:
    if upload.state == Upload.State.CHECKING:
        uploading.check(upload, stopped=context.should_abort)
    elif upload.state == Upload.State.IMPORTING:
        uploading.run(upload, stopped=context.should_abort)
    else:
        uploading.clear_away(upload)


@app.periodic(cron="23 * * * *")
@app.task(queue=IMPORTS, queueing_lock="forget_requests", retry=NEXT_HOUR)
def forget_requests(timestamp: int) -> None:
    """Let go what nobody confirmed in its days, with the address; and who came by on earlier days (rules 4.5)."""
    PendingConfirmation.objects.over().delete()
    Visits.objects.filter(day__lt=timezone.localdate()).delete()
