"""The page on which a person is erased. It stands here because it tells of every room."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from consent_crm import erasing
from persons.views import person_or_404, recorder


class EraseForm(forms.Form):
    """The name is typed, so that nobody is erased by a slip of the hand; of somebody without one the address."""

    name = forms.CharField(widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.word = str(person)
        self.fields["name"].label = _("Type “%(word)s” to confirm") % {"word": self.word}

    def clean_name(self):
        if self.cleaned_data["name"].split() != self.word.split():
            raise forms.ValidationError(_("This is not “%(word)s”. Nobody was erased."), params={"word": self.word})
        return self.cleaned_data["name"]


def erase(request, pk):
    person = person_or_404(pk)
    form = EraseForm(request.POST if request.method == "POST" else None, person=person)
    if form.is_valid():
        try:
            erasing.erase(person, by=recorder(request, "company"))
        except erasing.Busy:
            form.add_error(None, _("A message to this person, or an import, is under way. Try again in a minute."))
        else:
            messages.success(request, _("%(person)s was erased.") % {"person": form.word})
            return redirect(person)
    return render(request, "persons/erase.html", shown(person) | {"form": form}, status=422 if form.errors else 200)


def shown(person):
    """What goes and what stays."""
    persons = person.with_merged()
    return {
        "person": person,
        "goes": [held for held in erasing.goes(persons) if held.number],
        "events": sum(one.events.count() for one in persons),
        "messages_of_mailings": sum(one.recipients.count() for one in persons),
        "merged": len(persons) - 1,
        "others": erasing.others_at(person.address).exclude(pk=person.pk).count(),
    }
