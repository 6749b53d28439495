"""Browser tests: a site of the test's own, Chromium from the system, and what every page has to stand."""

import os
import shutil
import subprocess
import sys
import threading

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.test import Client
from playwright.sync_api import expect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {1280: 800, 390: 844}

expect.set_options(timeout=20_000)  # on a busy machine too

# Playwright keeps an event loop in this thread; the ORM here is called from plain functions all the same.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items):
    here = os.path.dirname(__file__)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def base_url():
    """Pages are asked for by their whole address."""
    return ""


@pytest.fixture(scope="session")
def browser_type_launch_args():
    if not CHROMIUM:
        pytest.skip("Chromium is not installed; on Debian: apt install chromium")
    return {"executable_path": CHROMIUM, "args": FLAGS}


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def site(own_database):
    """The address of the whole site, served from this process on a database of the test's own."""
    server = ThreadedWSGIServer(("localhost", 0), QuietHandler)
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def is_complaint(line):
    """Chromium reports every 4xx as an error; 422 is how a form is refused."""
    return line.type == "error" and "status of 422" not in line.text


@pytest.fixture
def page(context):
    """A page on which nothing may go wrong unseen: errors and refusals of the content policy end the test."""
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.extend([line.text] if is_complaint(line) else []))
    page.expected_complaints = complaints
    yield page
    assert complaints == []


@pytest.fixture
def signed_in(site, context):
    """Sign a user in without walking through the form."""

    def sign_in(user):
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site}])
        return user

    return sign_in


ALL_RULES = {"rules": {"target-size": {"enabled": True}}}
CONTRAST = {"runOnly": ["color-contrast"]}  # all that another colour scheme can change
LOOKS = {(1280, "light"): ALL_RULES, (1280, "dark"): CONTRAST, (390, "dark"): ALL_RULES, (390, "light"): CONTRAST}
QUICKLY = {"resultTypes": ["violations"], "iframes": False}  # else it gathers what is right, and waits for each frame


@pytest.fixture
def assert_fit_to_use():
    """axe finds nothing and nothing sticks out, wide and narrow, light and dark."""

    def check(page):
        if page.evaluate("!window.axe"):
            page.evaluate(AXE_SCRIPT)
        for (width, scheme), rules in LOOKS.items():
            page.set_viewport_size({"width": width, "height": WIDTHS[width]})
            page.emulate_media(color_scheme=scheme)
            violations = page.evaluate("options => axe.run(options).then(found => found.violations)", rules | QUICKLY)
            found = AxeResults({"violations": violations})
            assert found.violations_count == 0, f"{width} px, {scheme}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.set_viewport_size({"width": 1280, "height": 800})

    return check


@pytest.fixture
def start_worker(own_database):
    """Starts a worker like the real one, with more in its environment if wanted; it ends with the test."""
    workers = []

    def start(**more):
        workers.append(
            subprocess.Popen(
                [sys.executable, "manage.py", "worker"],
                env=os.environ | {"DATABASE_URL": own_database, "MEDIA_ROOT": str(settings.MEDIA_ROOT)} | more,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )

    yield start
    for worker in workers:
        worker.terminate()
        worker.wait()
