"""The step Recipients: whom the message is for, and who of them would receive it."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Now
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mailings import launching, outcome, picking, steps
from mailings.drafts import other_recipients
from mailings.forms import AddressesForm, OverrideForm, RecipientsForm
from mailings.models import Mailing
from mailings.steering import Refused
from mailings.views import saved_or_shown
from persons.filters import PersonFilterSet
from persons.models import Company
from persons.models.person import folded
from purposes.models import PrivacySettings

PERSONS_SHOWN = 8


@transaction.atomic
def recipients(request, pk):
    mailing = steps.to_edit(request, pk)
    form = RecipientsForm(
        request.POST if request.method == "POST" else None,
        instance=mailing,
        is_open=steps.may_edit(request, mailing),
        is_autosave=request.htmx.target == "autosave",
    )
    return saved_or_shown(request, form, "recipients", **chosen(mailing), override=OverrideForm())


def chosen(mailing):
    """The sources that are not ticked but added."""
    persons = mailing.persons.order_by("pk")
    return {
        "companies": mailing.companies.order_by("name", "pk"),
        "persons": persons[:PERSONS_SHOWN],
        "more_persons": max(0, persons.count() - PERSONS_SHOWN),
        "filters": filters_of(mailing),
    }


def filters_of(mailing):
    """The saved filter in words: label and value of each field."""
    asked = PersonFilterSet(mailing.filter)
    return [(asked.form.fields[name].label, words) for name, words in asked.active.items()]


# ---- sources with pages of their own


@require_POST
def add_company(request, pk):
    mailing = steps.mailing_or_404(pk)
    name = request.POST.get("company_name", "").replace("\0", "")
    found = Company.objects.filter(name_key=folded(Value(name)))
    if not found:
        messages.error(request, _("There is no company of that name. Choose one of those suggested."))
    else:
        change(request, mailing, lambda: mailing.companies.add(*found))
    return redirect(steps.url_of(mailing, "recipients"))


@require_POST
def remove_company(request, pk, company):
    mailing = steps.mailing_or_404(pk)
    change(request, mailing, lambda: mailing.companies.remove(company))
    return redirect(steps.url_of(mailing, "recipients"))


def add_persons(request, pk):
    """Pick persons by their addresses; what belongs to nobody is shown, and kept nowhere."""
    mailing = steps.mailing_or_404(pk)
    form = AddressesForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    picked = None
    if form.is_valid():
        try:
            picked = picking.pick(mailing, form.cleaned_data["text"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
    context = {"mailing": mailing, "form": form, "picked": picked}
    return render(request, "mailings/add_persons.html", context, status=422 if form.errors else 200)


@require_POST
def remove_person(request, pk, person):
    mailing = steps.mailing_or_404(pk)
    change(request, mailing, lambda: mailing.persons.remove(person))
    return redirect(steps.url_of(mailing, "recipients"))


@require_POST
def remove_persons(request, pk):
    """All that were picked."""
    mailing = steps.mailing_or_404(pk)
    change(request, mailing, mailing.persons.clear)
    return redirect(steps.url_of(mailing, "recipients"))


def choose_filter(request, pk):
    """Persons by a filter, as on their list. An empty one takes the source away."""
    mailing = steps.mailing_or_404(pk)
    asked = PersonFilterSet(request.POST if request.method == "POST" else mailing.filter)
    if request.method == "POST" and asked.is_valid():
        values = {name: request.POST[name] for name in asked.active}
        change(request, mailing, lambda: Mailing.objects.filter(pk=pk).update(filter=values))
        return redirect(steps.url_of(mailing, "recipients"))
    fields = [asked.form[name] for name in ("q", "emarketing", "subscription", *asked.MORE)]
    context = {"mailing": mailing, "fields": fields}
    return render(request, "mailings/choose_filter.html", context, status=422 if request.method == "POST" else 200)


def change(request, mailing, action):
    """Change whom a draft is for; say why where it is none any more."""
    try:
        with other_recipients(mailing):
            action()
    except Refused as refusal:
        messages.error(request, str(refusal))


@require_POST
def make_list(request, pk):
    """Have the list of a draft made that keeps it as it is."""
    mailing = steps.mailing_or_404(pk)
    try:
        launching.make_list(mailing)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(steps.url_of(mailing, "recipients"))


@require_POST
def override(request, pk):
    """Let persons without consent in, or no longer (rules 3). Nothing lifts a stop."""
    mailing = steps.mailing_or_404(pk)
    form = OverrideForm(request.POST)
    if "end" in request.POST:
        facts: dict[str, Any] = {"override_reason": "", "override_by": None, "override_at": None}
    elif form.is_valid():
        facts = {"override_reason": form.cleaned_data["reason"], "override_by": request.user, "override_at": Now()}
    else:
        page = RecipientsForm(instance=mailing, is_open=steps.may_edit(request, mailing))
        return steps.page(
            request, mailing, "recipients", {"form": page, "override": form, **chosen(mailing)}, status=422
        )
    change(request, mailing, lambda: Mailing.objects.filter(pk=pk).update(**facts))
    return redirect(steps.url_of(mailing, "recipients"))


# ---- the bar beside it


def live_outcome(request, pk):
    """The part of the page that says who would receive it; `filter` asks what if it were ON, or OFF."""
    mailing = steps.mailing_or_404(pk)
    is_on = PrivacySettings.current().filter_recipients
    asked = {"on": True, "off": False}.get(request.GET.get("filter", ""), is_on)
    context = {"mailing": mailing, "filter_is_on": is_on, "asked_on": asked, "is_live": outcome.is_live(mailing)}
    context["asked_filter"] = "" if asked == is_on else f"&filter={'on' if asked else 'off'}"
    try:
        context["outcome"] = outcome.of(mailing, filter_on=asked)
    except Refused as refusal:
        context["refusal"] = str(refusal)
    return render(request, "mailings/_outcome.html", context)
