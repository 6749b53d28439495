"""A plugin of pytest: the PostgreSQL of the tests, and the secrets, in place before Django reads its settings."""

import atexit
import contextlib
import os

from consent_crm.postgres import temporary

_running = contextlib.ExitStack()
atexit.register(_running.close)
server = _running.enter_context(temporary())

os.environ |= {
    "DATABASE_URL": server.url(),
    "SECRET_KEY": "tests-only-" * 6,
    "SUPPRESSION_PEPPER": "tests-only-" * 4,
    "PROOF_KEY": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk",
    "SITE_URL": "http://localhost",
}
os.environ.pop("TRIAL", None)
os.environ.pop("EMAIL_URL", None)
