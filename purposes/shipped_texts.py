"""The texts of single messages as shipped, marked for translation: per kind the subject and the paragraphs in HTML."""

from django.utils.translation import gettext_noop as _

HELLO = _("<p>Hello,</p>")
REGARDS = _("<p>Kind regards<br>{{ our_company }}</p>")

PRIVACY_CONFIRMATION = (
    _("What {{ our_company }} holds about you"),
    [
        HELLO,
        _(
            "<p>We have added you to our records, so that we can sell, deliver and help. The ground for it: "
            "{{ legal_basis }}. Where it came from: {{ source }}.</p>"
        ),
        _(
            '<p><a href="{{ preferences_url }}">See what we hold about you, and choose what you receive</a>. '
            "You can object there, or simply answer this message.</p>"
        ),
        REGARDS,
    ],
)

DOUBLE_OPT_IN = (
    _("Please confirm what you want to receive"),
    [
        HELLO,
        _("<p>Somebody, most likely you, asked {{ our_company }} to send this to {{ email }}: {{ asked_for }}.</p>"),
        _('<p><a href="{{ confirm_url }}">Yes, I want to receive it</a></p>'),
        _(
            "<p>The link works for seven days. If it was not you, there is nothing to do: "
            "without a confirmation nothing is sent and nothing is kept.</p>"
        ),
        REGARDS,
    ],
)

PREFERENCE_LINK = (
    _("Your page at {{ our_company }}"),
    [
        HELLO,
        _(
            '<p>Here is <a href="{{ preferences_url }}">your own page</a>. It shows what you receive from us and why, '
            "what we hold about you, and lets you stop or change each of it.</p>"
        ),
        _("<p>The link is yours alone: please do not pass this message on.</p>"),
        REGARDS,
    ],
)
