"""The forms of the pages about selections."""

from typing import cast

from django import forms
from django.utils.translation import gettext_lazy as _

from persons.models import Selection
from persons.selecting import How

NAME_LETTERS = 120
TAKEN = _("There is already a selection with this name.")


class NameForm(forms.ModelForm):
    class Meta:
        model = Selection
        fields = ["name"]
        error_messages = {"name": {"unique": TAKEN}}


class NewSelectionForm(NameForm):
    """A name, and whether the selection follows the filters from then on or keeps the persons of today."""

    kind = forms.ChoiceField(
        label=_("Who is in it"),
        choices=[
            (Selection.Kind.DYNAMIC, _("Whoever the filters find, each time it is used")),
            (Selection.Kind.STATIC, _("The persons of today")),
        ],
        widget=forms.RadioSelect,
        initial=Selection.Kind.DYNAMIC,
    )

    def __init__(self, *args, may_follow: bool, **options):
        super().__init__(*args, **options)
        if not may_follow:
            del self.fields["kind"]

    @property
    def is_dynamic(self) -> bool:
        return self.cleaned_data.get("kind") == Selection.Kind.DYNAMIC


class AddForm(forms.Form):
    """A static selection that persons are put into."""

    selection = forms.ModelChoiceField(
        Selection.objects.filter(kind=Selection.Kind.STATIC), label=_("Selection"), empty_label=_("Choose …")
    )


class CombineForm(NameForm):
    """Another selection, and how the two make a third."""

    how = forms.ChoiceField(label=_("Persons"), choices=How, widget=forms.RadioSelect, initial=How.AND)
    other = forms.ModelChoiceField(Selection.objects.none(), label=_("The other selection"), empty_label=_("Choose …"))
    field_order = ["other", "how", "name"]

    def __init__(self, *args, first: Selection, **options):
        super().__init__(*args, **options)
        others = Selection.objects.exclude(pk=first.pk)
        cast(forms.ModelChoiceField, self.fields["other"]).queryset = others
        self.fields["name"].label = _("Name of the new selection")
