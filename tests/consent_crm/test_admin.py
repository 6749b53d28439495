"""The superusers' back office: everything can be looked at, the ledger cannot be written."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from consent_crm.models import User
from persons.ledger import Answer, Recorder, record
from persons.models import Act, Consent, ConsentEvent, Door, Seal, Subscription
from tests.factories import CompanyFactory, PersonFactory

pytestmark = pytest.mark.django_db

STAGED = {"importrow", "importanswer", "importproblem", "unsealedact", "sealedact"}  # gone or sealed within minutes
WITHOUT_KEY = {"operationperson"}  # a key of two columns, which the admin cannot show


@pytest.fixture
def office(client):
    client.force_login(User.objects.create_superuser("root@example.com", "secret-enough-1"))
    return client


def _ours():
    rooms = ("consent_crm", "mailings", "purposes", "persons")
    models = [model for room in rooms for model in apps.get_app_config(room).get_models()]
    return [model for model in models if not model._meta.model_name.endswith("event") or model is ConsentEvent]


def test_every_model_is_there():
    missing = {model._meta.model_name for model in _ours()} - {model._meta.model_name for model in admin.site._registry}

    assert missing == STAGED | WITHOUT_KEY


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model._meta.label)
def test_every_list_and_every_form_opens(model, office):
    person = PersonFactory(company=CompanyFactory())
    answer = Answer(person_id=person.pk, purpose_id="STORE", basis_id="61B", source_id="USER", comment="By contract.")
    record(answer, by=Recorder(door=Door.PAGE))
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    shown = model._default_manager.order_by("pk").first()

    assert office.get(reverse(f"{name}_changelist")).status_code == 200
    if shown:
        assert office.get(reverse(f"{name}_change", args=[shown.pk])).status_code == 200


@pytest.mark.parametrize("model", [Act, ConsentEvent, Seal, Consent, Subscription])
def test_what_the_ledger_writes_is_read_only(model, office):
    assert office.post(reverse(f"admin:persons_{model._meta.model_name}_add")).status_code == 403
