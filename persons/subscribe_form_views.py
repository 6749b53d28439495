"""The pages on which administrators make the public subscribe forms."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from persons.forms import offer
from persons.models import OfferedType, SubscribeForm
from purposes import history_views
from purposes.history import Kept
from purposes.history_views import Kind
from purposes.models import SubscriptionType
from purposes.setting_forms import SettingForm, to_edit

TYPES = Kept(
    OfferedType, "subscribeform_id", named=lambda row: _("Offers %(type)s") % {"type": row.subscriptiontype}, whole=True
)
KINDS = {"form": Kind(gettext_lazy("Subscribe forms"), [Kept(SubscribeForm), TYPES], "persons:subscribe_form", True)}


class SubscribeFormForm(SettingForm):
    class Meta:
        model = SubscribeForm
        fields = ["name", "key", "language", "heading", "intro", "types", "embedded_on", "is_active"]
        widgets = {
            "types": forms.CheckboxSelectMultiple,
            "intro": forms.Textarea(attrs={"rows": 3}),
            "embedded_on": forms.Textarea(attrs={"rows": 3, "placeholder": "https://www.example.com"}),
        }

    def shape(self):
        offer(self, "types", SubscriptionType.objects.active())
        if self.instance.pk:
            self.fields["key"].disabled = True  # it stands in pages of others


def subscribe_forms(request):
    rows = SubscribeForm.objects.select_related("updated_by").prefetch_related("types")
    return render(request, "persons/subscribe_forms.html", {"rows": rows})


@transaction.atomic
def subscribe_form(request, pk=None):
    """A new form, or one that is there."""
    instance = to_edit(request, SubscribeForm.objects.select_related("updated_by"), pk=pk) if pk else SubscribeForm()
    form = SubscribeFormForm(request.POST or None, instance=instance)
    if form.is_bound and form.is_valid():
        saved = form.save_by(request.user)
        messages.success(request, _("%(form)s is saved.") % {"form": saved})
        return redirect("persons:subscribe_form", saved.pk)
    context = {"form": form, "address": instance.pk and settings.SITE_URL.rstrip("/") + instance.get_absolute_url()}
    return render(request, "persons/subscribe_form.html", context, status=422 if form.is_bound else 200)


def history(request, pk):
    return history_views.page(request, KINDS, "form", pk)
