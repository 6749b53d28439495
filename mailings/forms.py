"""The forms of a mailing's steps. Each is saved as one goes, and only while the mailing is a draft."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from mailings import picking
from mailings.drafts import lock_draft, saved_by
from mailings.models import Mailing, SendingSettings
from persons.importing.problems import NotATable
from persons.models import Selection
from persons.verdict import Kind
from purposes.models import EMARKETING, Purpose, SubscriptionType
from purposes.setting_forms import SettingForm

REASON_LETTERS = 10
ABOUT_RECIPIENTS = {"type", "kind", "purpose", "to_everybody", "selections", "one_per_address"}


class DraftForm(forms.ModelForm):
    """A part of a draft. `is_open` False: the mailing can no longer be changed, and the form only shows it."""

    def __init__(self, *args, is_open=True, **kwargs):
        super().__init__(*args, **kwargs)
        if not is_open:
            for field in self.fields.values():
                field.disabled = True

    def save_draft(self) -> Mailing:
        """Save these fields alone, unless somebody has started the mailing meanwhile: then Refused is raised.

        A list of recipients that was made for other sources, or for another question, has to be made again.
        """
        mailing: Mailing = self.save(commit=False)
        names = [name for name in self.changed_data if name in self.fields]
        if ABOUT_RECIPIENTS.intersection(names):
            mailing.built_at = None
        with transaction.atomic():
            lock_draft(mailing)
            plain = [field.name for field in Mailing._meta.concrete_fields if field.name in self.fields]
            mailing.save(update_fields=[*plain, "built_at", "updated_at"])
            self.save_m2m()
        return mailing


class StepForm(DraftForm, SettingForm):
    """A part of a draft that two marketers may have open at once.

    An autosave that is refused because of the other one leaves the page as it is, so that what stands in the fields
    is not taken for what was meant; Save shows both.
    """

    def __init__(self, *args, is_autosave=False, **kwargs):
        self.is_autosave = is_autosave
        super().__init__(*args, **kwargs)

    def last_saved(self):
        return saved_by(self.instance.events)

    def _meet_what_came_since(self) -> None:
        sent = self.data
        super()._meet_what_came_since()
        if self.is_autosave:
            self.data = sent

    def _told(self) -> str:
        return f"{super()._told()} {gettext('To look at both, press Save.')}" if self.is_autosave else super()._told()


class NewMailingForm(forms.ModelForm):
    """What a mailing begins with; everything else follows on its own page."""

    class Meta:
        model = Mailing
        fields = ["name", "type"]
        help_texts = {"name": _("For you and your colleagues; recipients do not see it.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        offer_types(self)


class SetupForm(StepForm):
    """What it is about, who sends it, and of which kind it is."""

    class Meta:
        model = Mailing
        fields = [
            "name",
            "subject",
            "preheader",
            "from_email",
            "reply_to",
            "language",
            "kind",
            "type",
            "purpose",
            "service_reason",
            "count_clicks",
            "asks_again",
        ]
        labels = {"service_reason": _("Why this is a service mailing")}
        widgets = {"kind": forms.RadioSelect, "service_reason": forms.Textarea(attrs={"rows": 2})}
        help_texts = {
            "name": _("For you and your colleagues; recipients do not see it."),
            "subject": _("It may hold merge fields, as {{ first_name }}."),
            "preheader": _("Shown behind the subject in many mail programs."),
            "language": _("The language of the lines that we add, as the way to leave."),
            "purpose": _("What the message is sent for. Who has said no to it is held back."),
            "service_reason": _("Kept on the mailing, ten characters or more."),
        }

    def __init__(self, *args, may_send_service=False, **kwargs):
        self.may_send_service = may_send_service
        super().__init__(*args, **kwargs)

    def shape(self):
        self.fields["from_email"].widget.attrs["placeholder"] = settings.DEFAULT_FROM_EMAIL
        self.fields["reply_to"].widget.attrs["placeholder"] = gettext("As the sender")
        offer_types(self)
        purposes = Purpose.objects.exclude(pk=EMARKETING).filter(Q(is_active=True) | Q(pk=self.instance.purpose_id))
        cast(forms.ModelChoiceField, self.fields["purpose"]).queryset = purposes
        if not self.may_send_service and self.instance.kind == Kind.MARKETING:
            for name in ("kind", "purpose", "service_reason"):
                del self.fields[name]

    def clean(self):
        found = super().clean() or self.cleaned_data
        if found.get("kind") == Kind.SERVICE:
            self._demand_what_a_service_mailing_says(found)
            found["type"] = None
        elif "kind" in found:
            found |= {"purpose": None, "service_reason": ""}
        return found

    def clean_from_email(self) -> str:
        sender = self.cleaned_data["from_email"]
        if sender and not SendingSettings.current().may_send_as(sender):
            raise ValidationError(gettext("Mailings may not be sent from %(sender)s.") % {"sender": sender})
        return sender

    def clean_reply_to(self) -> str:
        address = self.cleaned_data["reply_to"]
        if address and not SendingSettings.current().may_reply_to(address):
            raise ValidationError(gettext("Answers may not go to %(address)s.") % {"address": address})
        return address

    def _demand_what_a_service_mailing_says(self, found: dict[str, Any]) -> None:
        if not found.get("purpose"):
            self.add_error("purpose", gettext("Choose the purpose that the mailing serves."))
        if len(found.get("service_reason", "")) < REASON_LETTERS:
            self.add_error("service_reason", gettext("Say in ten characters or more why this is no marketing."))


def offer_types(form: forms.ModelForm) -> None:
    """Active subscription types, and the one that the mailing has."""
    field = cast(forms.ModelChoiceField, form.fields["type"])
    field.queryset = SubscriptionType.objects.filter(Q(is_active=True) | Q(pk=form.instance.type_id))
    field.empty_label = gettext_lazy("None: for subscribers of any type")


class RecipientsForm(StepForm):
    """Whom it is for, as far as that is ticked; companies, persons and the filter have pages of their own."""

    class Meta:
        model = Mailing
        fields = ["to_everybody", "selections", "one_per_address", "update_at_start"]
        widgets = {"selections": forms.CheckboxSelectMultiple}
        help_texts = {
            "to_everybody": _("Everybody in the database. Who may not be written to is held back all the same."),
            "one_per_address": _("Persons may share an address; the one who came first gets the message."),
        }

    def shape(self):
        for name in ("one_per_address", "update_at_start"):
            self.fields[name].widget.attrs["form"] = "sources"  # the template shows them further down
        self.fields["to_everybody"].label = gettext("All persons")
        if not Selection.objects.exists():
            del self.fields["selections"]


class AddressesForm(forms.Form):
    """Addresses of persons to be picked, pasted or in a file."""

    addresses = forms.CharField(
        label=_("E-mail addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_("In any form: one a line, with commas, or copied from a message."),
    )
    file = forms.FileField(
        label=_("Or a file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xls,.xlsb,.ods"}),
        help_text=_("A text or Excel; every address in it counts, whatever its column."),
    )

    def clean(self):
        found = super().clean() or self.cleaned_data
        text = found.get("addresses", "") + "\n" + self._text_of_the_file(found.get("file"))
        if "@" not in text and not self.errors:
            self.add_error("addresses", gettext("There is no e-mail address in it."))
        return found | {"text": text}

    def _text_of_the_file(self, file) -> str:
        try:
            return picking.text_of(file) if file else ""
        except NotATable as error:
            self.add_error("file", str(error))
            return ""


class OverrideForm(forms.Form):
    """Why persons without consent are let in, for one mailing (rules 3, *Override*)."""

    reason = forms.CharField(
        label=_("Why they may be written to all the same"),
        min_length=REASON_LETTERS,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Ten characters or more. Your name, the time and this reason stay on the mailing."),
    )


class Users(forms.ModelMultipleChoiceField):
    """Users, each with name and address."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} ({obj.email})" if str(obj) != obj.email else obj.email


class TestForm(forms.Form):
    """To whom a test goes: users alone, at their own addresses."""

    users = Users(
        get_user_model().objects.none(),
        label=_("To"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        users = get_user_model()._default_manager.filter(is_active=True).order_by("first_name", "last_name", "pk")
        cast(Users, self.fields["users"]).queryset = users


class SendForm(forms.Form):
    """When a mailing is to be started; `expected` is the number of recipients that was confirmed."""

    NOW, LATER = "now", "later"

    when = forms.ChoiceField(
        label=_("When"), choices=[(NOW, _("Now")), (LATER, _("At a time"))], widget=forms.RadioSelect, initial=NOW
    )
    at = forms.DateTimeField(
        label=_("Date and time"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    expected = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def clean(self):
        found = super().clean() or self.cleaned_data
        if found.get("when") == self.NOW:
            return found | {"at": None}
        if not found.get("at") and "at" not in self.errors:
            self.add_error("at", gettext("Say when it is to be sent."))
        elif found.get("at") and found["at"] <= timezone.now():
            self.add_error("at", gettext("This time is past. Choose a later one, or send now."))
        return found


class MailingFilterForm(forms.Form):
    """What narrows the list of mailings."""

    q = forms.CharField(label=_("Name or subject"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *Mailing.State.choices])
    type = forms.ModelChoiceField(SubscriptionType.objects.all(), label=_("Type"), required=False, empty_label=_("All"))
