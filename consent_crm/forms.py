from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _


class Renderer(TemplatesSetting):
    """Gives every form and field of the product its look."""

    form_template_name = "_components/form.html"
    field_template_name = "_components/field.html"


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _("This e-mail address and this password do not belong together."),
        "inactive": _("This account has been deactivated. Please ask an administrator."),
    }

    def __init__(self, request=None, *args, **kwargs):
        super().__init__(request, *args, **kwargs)
        self.fields["username"].widget = forms.EmailInput(
            attrs={"autocomplete": "username", "autofocus": True, "maxlength": 254}
        )
