import pytest

from tests.mailings.mail_server import SILENCE, TRICKLE, MailServer


def may_fall_silent(told):
    return any(answer in (SILENCE, TRICKLE) or callable(answer) for answer in told.values())


@pytest.fixture
def mail_server(settings):
    """A factory: `mail_server(rcpt="550 ...")` answers as told, and is the server of the settings."""
    running = []

    def make(**told):
        server = MailServer(**told).__enter__()
        running.append(server)
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_TIMEOUT = 0.5 if may_fall_silent(told) else 10.0
        settings.BOUNCE_DOMAIN = "bounces.shop.example"
        return server

    yield make
    for server in running:
        server.__exit__()
