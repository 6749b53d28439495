"""The pages about mailings: the list, a new one, and what a mailing is about."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from mailings import steps
from mailings.forms import MailingFilterForm, NewMailingForm, SetupForm
from mailings.models import Mailing, Recipient
from mailings.outcome import is_live
from mailings.report import LEFT, in_state
from mailings.steering import Refused
from persons import lists
from persons.views import link_to, number

NEWEST_FIRST = lists.Order(_("Newest"), ("id",), newest_first=True, model=Mailing, related=("type",))


def mailing_list(request):
    asked = MailingFilterForm(request.GET)
    mailings = asked_for(asked)
    page = lists.page(mailings, NEWEST_FIRST, after=number(request, "after"), before=number(request, "before"))
    context = {
        "asked": asked,
        "rows": with_numbers(page.rows),
        "is_narrowed": any(request.GET.get(name) for name in asked.fields),
        "next_url": page.after and link_to(request, after=page.after),
        "previous_url": page.before and link_to(request, before=page.before),
    }
    return render(request, "mailings/list.html", context)


def asked_for(asked):
    """The mailings that the filters ask for; none if they make no sense."""
    if not asked.is_valid():
        return Mailing.objects.none()
    found, chosen = Mailing.objects.all(), asked.cleaned_data
    if text := chosen["q"]:
        found = found.filter(Q(name__icontains=text) | Q(subject__icontains=text))
    if status := chosen["status"]:
        found = found.filter(state=status)
    return found.filter(type=chosen["type"]) if chosen["type"] else found


def with_numbers(mailings):
    """Each mailing with how many persons are in its list, how many got it, and how many left by it.

    None where the list is made only when sending begins.
    """
    counted = Recipient.objects.filter(mailing__in=mailings).order_by().values("mailing").annotate(
        audience=Count("pk"),
        sent=Count("pk", filter=Q(state=Recipient.State.SENT)),
        left=Count("pk", filter=in_state(LEFT)),
    )  # fmt: skip
    numbers = {row["mailing"]: row for row in counted}
    none = dict.fromkeys(("audience", "sent", "left"), 0)
    return [(mailing, {} if is_live(mailing) else numbers.get(mailing.pk, none)) for mailing in mailings]


def new(request):
    form = NewMailingForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        form.instance.created_by = request.user
        form.instance.language = request.user.language
        return redirect(form.save())
    return render(request, "mailings/new.html", {"form": form}, status=422 if form.errors else 200)


def detail(request, pk):
    """Where a mailing is at: a draft at its setup, any other on its way."""
    mailing = steps.mailing_or_404(pk)
    return redirect(steps.url_of(mailing, "setup" if mailing.is_draft else "send"))


@transaction.atomic
def setup(request, pk):
    mailing = steps.to_edit(request, pk)
    form = SetupForm(
        request.POST if request.method == "POST" else None,
        instance=mailing,
        is_open=steps.may_edit(request, mailing),
        is_autosave=request.htmx.target == "autosave",
        may_send_service=request.user.has_perm("mailings.send_service"),
    )
    return saved_or_shown(request, form, "setup")


def saved_or_shown(request, form, step, **context):
    """What every step with one form does: save and go on, or show the form and what was wrong with it."""
    mailing = form.instance
    if form.is_bound and form.is_valid():
        try:
            form.save_draft()
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect(steps.url_after(request, mailing, step))
    if form.is_bound:
        mailing.refresh_from_db()
    return steps.page(request, mailing, step, {"form": form, **context}, status=422 if form.errors else 200)
