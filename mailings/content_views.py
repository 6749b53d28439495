"""The step Content: what the message says."""

from django import forms

from mailings import steps
from mailings.forms import DraftForm
from mailings.models import Mailing
from mailings.views import saved_or_shown


class ContentForm(DraftForm):
    class Meta:
        model = Mailing
        fields = ["body"]
        widgets = {"body": forms.Textarea(attrs={"rows": 20, "class": "code"})}


def content(request, pk):
    mailing = steps.mailing_or_404(pk)
    form = ContentForm(
        request.POST if request.method == "POST" else None,
        instance=mailing,
        is_open=steps.may_edit(request, mailing),
    )
    return saved_or_shown(request, form, "content")
