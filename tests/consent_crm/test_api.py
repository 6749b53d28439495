"""The schema of the API, and the page that shows it."""

import pytest
from django.core.management import call_command

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_the_schema_is_valid_and_complete(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yaml"))

    assert "/api/check/" in (tmp_path / "schema.yaml").read_text()


def test_the_schema_is_for_those_who_are_signed_in(client):
    assert client.get("/api/schema/").status_code == 403
    client.force_login(UserFactory())
    assert client.get("/api/schema/").status_code == 200


def test_the_page_loads_nothing_from_elsewhere_and_holds_no_script_or_style(client):
    client.force_login(UserFactory())

    page = client.get("/api/").content.decode()

    assert "<style" not in page
    assert "://" not in page
    assert "<script>" not in page
