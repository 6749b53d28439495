"""The staff's pages about persons."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from persons import ledger, singles, standing
from persons.forms import USER_SOURCE, ConsentForm, SubscriptionForm, SwitchOnForm, switched
from persons.models import Door, Person
from purposes.models import CONSENT, EMARKETING, STORE, WITHDRAWN, Purpose, SubscriptionType


def number(request, name):
    value = request.GET.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 19 else None


def link_to(request, **changes):
    """The address of the same list with something changed, from the first page on unless the change says otherwise."""
    query = request.GET.copy()
    for name in ("after", "before", *changes):
        query.pop(name, None)
    query.update({name: value for name, value in changes.items() if value is not None})
    return f"{request.path}?{query.urlencode()}" if query else request.path


# ---- the person's page, tab Consent


def detail(request, pk):
    """The answers that stand; `edit` a purpose (`on`: to say yes) or `subscribe` to a type opens a form in place."""
    person = person_or_404(pk)
    form = None
    if key := request.GET.get("edit"):
        form = consent_form(request, person, get_object_or_404(Purpose.objects.active(), pk=key))
    elif key := request.GET.get("subscribe"):
        form = subscription_form(request, person, get_object_or_404(SubscriptionType.objects.active(), pk=key))
    return consent_tab(request, person, form)


@require_POST
def record_consent(request, pk, key):
    person, purpose = person_or_404(pk), get_object_or_404(Purpose.objects.active(), pk=key)
    if request.POST.get("on") == "0":
        return stop_emarketing(request, person, purpose)
    form = consent_form(request, person, purpose)
    if written := recorded(request, person, form):
        say(request, person, written, now_on_or_off(person, purpose))
        return redirect(person)
    return consent_tab(request, person, form, status=422)


def stop_emarketing(request, person, purpose):
    """The switch turned OFF acts at once."""
    if purpose.pk != EMARKETING or not rights(request)["may_stop_emarketing"]:
        raise PermissionDenied
    written = ledger.record(switched(person, WITHDRAWN), by=recorder(request))
    say(request, person, written, now_on_or_off(person, purpose))
    return redirect(person)


@require_POST
def record_subscription(request, pk, key):
    person, type_ = person_or_404(pk), get_object_or_404(SubscriptionType.objects.active(), pk=key)
    if request.POST.get("on") == "0":
        return end_subscription(request, person, type_)
    form = subscription_form(request, person, type_)
    if written := recorded(request, person, form):
        subscribed = _("%(person)s is now subscribed to %(type)s.") % {"person": person, "type": type_}
        say(request, person, written, subscribed)
        return redirect(person)
    return consent_tab(request, person, form, status=422)


def end_subscription(request, person, type_):
    if not rights(request)["may_stop"]:
        raise PermissionDenied
    ended = ledger.subscription(
        is_active=False, person_id=person.pk, type_id=type_.pk, source_id=USER_SOURCE, given_at=None
    )
    written = ledger.record(ended, by=recorder(request))
    left = _("%(person)s no longer receives %(type)s.") % {"person": person, "type": type_}
    say(request, person, written, left)
    return redirect(person)


def recorded(request, person, form):
    """What became of what the form says; None when it was refused."""
    return form.recorded(person, recorder(request, form.expresser)) if form.is_valid() else None


def now_on_or_off(person, purpose):
    row = standing.PurposeRow(purpose, person.consents.with_standing().filter(purpose=purpose).first())
    names = {"purpose": purpose, "person": person, "state": row.state}
    if row.is_on:
        return _("%(purpose)s is now ON for %(person)s.") % names
    return _("%(purpose)s is now OFF for %(person)s (%(state)s).") % names


def say(request, person, written, sentence):
    """Say what changed, with an Undo button; or why nothing did."""
    if written.outcome == ledger.Outcome.RECORDED:
        undo_url = reverse("persons:undo", args=[person.pk, written.event_id])
        messages.success(request, sentence, extra_tags=undo_url)
    else:
        messages.info(request, written.outcome.label)


def consent_form(request, person, purpose):
    """The form that this user may fill in for that purpose: all of it, the E-marketing switch, or a stop."""
    may = rights(request)
    consent = person.consents.select_related("event__evidence").filter(purpose=purpose).first()
    if not may["may_manage"] and may["may_switch_on"] and purpose.pk == EMARKETING:
        return SwitchOnForm(*sent(request), stands=consent)
    if not may["may_stop"]:
        raise PermissionDenied
    facts = {"purpose": purpose, "may_allow": may["may_manage"]}
    if "on" in request.GET:
        return ConsentForm(standing=None, stands=consent, basis=CONSENT, **facts)
    return ConsentForm(*sent(request), standing=consent, **facts)


def subscription_form(request, person, type_):
    if not rights(request)["may_manage"]:
        raise PermissionDenied
    stands = person.subscriptions.filter(type=type_).first()
    return SubscriptionForm(*sent(request), subscription_type=type_, stands=stands)


def sent(request):
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def consent_tab(request, person, form=None, status=200):
    context = heading(request, person, "persons:detail") | {"form": form, "singles": singles.latest_of(person)}
    return render(request, "persons/detail.html", context, status=status)


FLAGS = {"no_mailings": gettext_lazy("No mailings"), "former_employee": gettext_lazy("Former employee")}


@require_POST
def set_flag(request, pk, name):
    person = person_or_404(pk)
    setattr(person, name, request.POST.get("on") == "1")
    person.save(update_fields=[name, "updated_at"])
    names = {"flag": FLAGS[name], "person": person}
    if getattr(person, name):
        messages.success(request, _("%(flag)s is now ON for %(person)s.") % names)
    else:
        messages.success(request, _("%(flag)s is now OFF for %(person)s.") % names)
    return redirect(person)


# ---- on all tabs


def heading(request, person, here):
    """What stands above the tabs: who it is, the ground for sales and service, and the plain answer."""
    purposes = standing.purposes_of(person)
    subscriptions = standing.subscriptions_of(person, purposes)
    tabs = [("persons:detail", _("Consent")), ("persons:history", _("History"))]
    if request.user.has_perm("mailings.view_recipient"):
        tabs.append(("person_mailings", _("Mailings")))
    return rights(request) | {
        "person": person,
        "store": next(row for row in purposes if row.purpose.pk == STORE),
        "purposes": purposes,
        "subscriptions": subscriptions,
        "for_another_address": standing.for_another_address(person, purposes, subscriptions),
        "explanation": standing.plain_answer(person, subscriptions),
        "tabs": [
            {"url": reverse(route, args=[person.pk]), "label": label, "is_here": route == here} for route, label in tabs
        ],
    }


def rights(request):
    """What the user may do with the answers on this page (rules 6)."""
    may = {
        name: request.user.has_perm(f"persons.{name}") for name in ("manage_consent", "change_person", "record_stop")
    }
    return {
        "may_manage": may["manage_consent"],
        "may_change": may["change_person"],
        "may_stop": may["manage_consent"] or may["record_stop"],
        "may_switch_on": may["manage_consent"] or may["change_person"],
        "may_stop_emarketing": any(may.values()),
        "may_undo": any(may.values()),
    }


def recorder(request, expressed_by="person"):
    return ledger.Recorder(
        door=Door.PAGE,
        user=request.user,
        may_lift=request.user.has_perm("persons.lift_stop"),
        expressed_by=expressed_by,
    )


def person_or_404(pk):
    """A person who is kept; what was merged away or erased has no page of its own."""
    return get_object_or_404(Person.objects.kept().select_related("company"), pk=pk)
