from tests.mailings.conftest import mail_server  # noqa: F401 - a fixture, for the canary's mail too
