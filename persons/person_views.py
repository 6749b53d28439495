"""The pages on which staff add and change persons and companies."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Value
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from persons import adding, columns, ledger
from persons.list_views import table
from persons.models import Company, Person, Suppression
from persons.models.person import searchable
from persons.person_forms import CompanyForm, NewPersonForm, PersonForm
from persons.views import FLAGS, number, person_or_404, recorder, sent
from purposes.setting_forms import to_edit

NAMES_SHOWN = 8


def new(request):
    """`company` says at which company, where the page was opened from that of a company."""
    company = get_object_or_404(Company, pk=pk) if (pk := number(request, "company")) else None
    form = NewPersonForm(
        *sent(request),
        company=company,
        may_add_company=request.user.has_perm("persons.add_company"),
        may_choose_basis=request.user.has_perm("persons.manage_consent"),
    )
    if form.is_valid() and (person := added(request, form)):
        messages.success(request, _("%(person)s was added.") % {"person": person})
        say_if_suppressed(request, person)
        return redirect(person)
    return render(request, "persons/new.html", {"form": form}, status=422 if form.errors else 200)


def added(request, form):
    """The new person; None when the answer was refused, which then stands at its field."""
    try:
        return adding.add(form.instance, form.answers(), by=recorder(request))
    except ledger.Refused as refused:
        form.refuse(refused.outcome)
        return None


@transaction.atomic
def edit(request, pk):
    """Saved while everybody else is kept off the person, so that nothing changes between comparing and saving."""
    if request.method == "POST":
        ledger.lock([person_or_404(pk).pk])
    person = person_or_404(pk)
    name, address = str(person), person.address
    form = PersonForm(*sent(request), instance=person, may_add_company=request.user.has_perm("persons.add_company"))
    if form.is_valid():
        adding.save(person, form.SAVED)
        messages.success(request, _("%(person)s was saved.") % {"person": person})
        if address and person.address != address:
            say_what_becomes_of(request, person)
        say_if_suppressed(request, person)
        return redirect(person)
    context = {"form": form, "name": name, "url": person.get_absolute_url()}
    return render(request, "persons/edit.html", context, status=422 if form.errors else 200)


def say_what_becomes_of(request, person):
    """After a change of address (rules 4.13)."""
    messages.info(request, _("The answers were given for the old address. They stay, and are marked so."))
    former = person.former_addresses.last()
    if Suppression.objects.standing().filter(address_hash=former.address_hash).exists():
        messages.info(request, _("The old address is blocked: nothing is sent to it any more."))


def say_if_suppressed(request, person):
    if person.address_hash and Suppression.objects.standing().filter(address_hash=person.address_hash).exists():
        messages.warning(request, _("This e-mail address is blocked: no mail is sent to it."))


# ---- companies


def new_company(request):
    return company_form(request, Company(), "persons/new_company.html")


@transaction.atomic
def edit_company(request, pk):
    return company_form(request, to_edit(request, Company.objects.all(), pk=pk), "persons/edit_company.html")


def company_form(request, company, template):
    name, (data, files) = str(company), sent(request)
    form = CompanyForm(data, files, instance=company)
    if form.is_valid():
        form.save()
        messages.success(request, _("%(company)s was saved.") % {"company": company})
        return redirect(company)
    context = {"form": form, "name": name, "company": company}
    return render(request, template, context, status=422 if form.errors else 200)


def company(request, pk):
    """A company, and who works there."""
    company = get_object_or_404(Company, pk=pk)
    persons = Person.objects.kept().filter(company=company)
    shown = [column for column in columns.chosen_by(request.user) if column.key != "company"]
    context = table(request, persons, shown) | {
        "company": company,
        "place": " ".join(part for part in (company.postcode, company.city) if part),
    }
    return render(request, "persons/company.html", context)


@require_POST
def company_no_mailings(request, pk):
    company = get_object_or_404(Company, pk=pk)
    company.no_mailings = request.POST.get("on") == "1"
    company.save(update_fields=["no_mailings", "updated_at"])
    names = {"flag": FLAGS["no_mailings"], "company": company}
    if company.no_mailings:
        messages.success(request, _("%(flag)s is now ON for everybody at %(company)s.") % names)
    else:
        messages.success(request, _("%(flag)s is now OFF for everybody at %(company)s.") % names)
    return redirect(company)


def company_names(request):
    """The names that a field for a company suggests, as options of its list."""
    text = request.GET.get("company_name", "").strip()
    if not text:
        return HttpResponse()
    found = Company.objects.filter(search_key__contains=searchable(Value(text)))[:NAMES_SHOWN]
    return render(request, "persons/_company_names.html", {"companies": found})
