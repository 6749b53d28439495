"""What the worker does for the whole site. Every job can be run twice, and taken up by another worker at any point."""

import logging

from django.db import connection
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from consent_crm import retention
from mailings.tasks import UPKEEP
from persons.tasks import IMPORTS

logger = logging.getLogger(__name__)

AGAIN = RetryStrategy(max_attempts=3, wait=600)
KEPT_HOURS = 24 * 7  # finished jobs of the worker, which name nobody


@app.periodic(cron="40 2 * * *")
@app.task(queue=IMPORTS, queueing_lock="forget", retry=AGAIN)
def forget(timestamp: int) -> None:
    """Remove what is older than its period of retention."""
    try:
        for what, number in retention.carry_out().items():
            if number:
                logger.info("Retention: %d %s removed.", number, what)
    finally:
        connection.close()


@app.periodic(cron="50 2 * * *")
@app.task(queue=UPKEEP, queueing_lock="forget_jobs", retry=AGAIN)
async def forget_jobs(timestamp: int) -> None:
    """Remove jobs that are long done."""
    await app.job_manager.delete_old_jobs(KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True)
