"""The forms of the step Content, and of mailing templates."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from mailings.forms import DraftForm
from mailings.merge_fields import known_in_html
from mailings.models import HostedImage, Mailing, MailingTemplate

BLOCK = re.compile(r"<(?:p|h[1-6]|blockquote)\b")
AS = ("desktop", "mobile", "text")


class ContentForm(DraftForm):
    """The body, and which version of it the writer has seen."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    class Meta:
        model = Mailing
        fields = ["body"]
        widgets = {"body": forms.Textarea(attrs={"rows": 24})}

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.initial["version"] = self.instance.content_version
        self.is_source = self.instance.body_kind == Mailing.BodyKind.SOURCE
        body = self.fields["body"]
        body.strip = False  # type: ignore[attr-defined]  # source stays as it was written
        body.label, body.help_text = (_("HTML source") if self.is_source else _("Message")), ""
        body.widget.attrs["class"] = "code" if self.is_source else "writing"
        body.widget.attrs["spellcheck"] = "false" if self.is_source else "true"
        if not self.is_source:
            body.widget.attrs["data-editor"] = static("django_prose_editor/editor.js")

    def clean_body(self) -> str:
        body = self.cleaned_data["body"].replace("\r\n", "\n")
        try:
            known_in_html(body)
        except ValidationError as error:
            raise error if self.is_source else _in_paragraphs(error, body) from error
        return body

    def written(self) -> dict[str, Any]:
        """What `writing.save` takes. Who saves over somebody else says over which version."""
        over = self.data.get("over", "")
        seen = int(over) if over.isdecimal() else self.cleaned_data["version"]
        return {"body": self.cleaned_data["body"], "kind": self.instance.body_kind, "seen": seen}


def _in_paragraphs(error: ValidationError, body: str) -> ValidationError:
    """The same, with the place as the writer sees it: there are no lines in the editor."""
    params: dict[str, Any] = error.params or {}
    lines = body.split("\n")[: params["line"]]
    before = "\n".join([*lines[:-1], lines[-1][: params["column"] - 1]])
    sentences = {
        "unknown_field": _("There is no merge field “%(name)s” (paragraph %(paragraph)d). Known: %(known)s."),
        "field_in_tag": _(
            "The merge field {{ %(name)s }} stands in a link or an image (paragraph %(paragraph)d), where it cannot be."
        ),
    }
    return ValidationError(
        sentences[error.code or ""], code=error.code, params=params | {"paragraph": len(BLOCK.findall(before)) or 1}
    )


class ImageForm(forms.ModelForm):
    class Meta:
        model = HostedImage
        fields = ["file", "alt"]
        labels = {"file": _("Image"), "alt": _("What it shows")}
        widgets = {"file": forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/gif,image/webp"})}
        help_texts = {
            "file": _(
                "PNG, JPEG, GIF or WebP, up to 5 MB. It is kept here, and its notes (place, camera) are taken out."
            ),
            "alt": _("For those who do not see it, and for mail programs that do not load images."),
        }


class PreviewForm(forms.Form):
    """How the message is looked at. What makes no sense counts as not asked."""

    q = forms.CharField(label=_("Find a person"), required=False)
    person = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def asked(self) -> dict[str, Any]:
        self.is_valid()
        shown_as = self.data.get("as", "")
        return {
            "q": self.cleaned_data.get("q", ""),
            "person": self.cleaned_data.get("person"),
            "as": shown_as if shown_as in AS else AS[0],
        }


class TemplateForm(forms.ModelForm):
    class Meta:
        model = MailingTemplate
        fields = ["name"]
        help_texts = {"name": _("What colleagues find it by.")}
