"""The entries every company starts with (rules 1). Names stand here once, marked for translation."""

from django.utils.translation import gettext_noop as _

ART_WITHDRAW = _("The person may withdraw at any time, as easily as it was given (art. 7(3)).")
ART_OBJECT = _("The person may object; to direct marketing always and without a reason (art. 21(2)).")
ART_NO_OBJECTION = _(
    "The person has access, correction and, where the ground ends, erasure; there is no right to object."
)

# key, name, article, allows, help text, rights
BASES = [
    (
        "61A",
        _("Consent"),
        "6(1)(a)",
        True,
        _("The person said yes, freely, informed and for this purpose."),
        ART_WITHDRAW,
    ),
    (
        "61B",
        _("Contract"),
        "6(1)(b)",
        True,
        _("Needed to fulfil a contract with the person."),
        ART_NO_OBJECTION,
    ),
    (
        "61C",
        _("Required by law"),
        "6(1)(c)",
        True,
        _("A law obliges the company to keep the data."),
        ART_NO_OBJECTION,
    ),
    (
        "61D",
        _("Protect vital interests"),
        "6(1)(d)",
        True,
        _("Needed to protect somebody's life."),
        ART_NO_OBJECTION,
    ),
    (
        "61E",
        _("Public interest"),
        "6(1)(e)",
        True,
        _("A task carried out in the public interest."),
        ART_OBJECT,
    ),
    (
        "61F",
        _("Legitimate interest"),
        "6(1)(f)",
        True,
        _("The company's interest outweighs the person's."),
        ART_OBJECT,
    ),
    ("WITHDRAWN", _("Withdrawn"), "", False, _("A consent was given and has been taken back."), ""),
    ("OBJECTED", _("Objected"), "", False, _("The person objected. Only the person can lift this."), ""),
    ("REFUSED", _("Refused"), "", False, _("The person was asked and said no."), ""),
]

SOURCES = [
    ("USER", _("Created by user")),
    ("EMAIL", _("E-mail")),
    ("REQUEST", _("Incoming request")),
    ("CHAT", _("Chat")),
    ("WEBFORM", _("Web form")),
    ("CUSTOMERPORTAL", _("Customer portal")),
    ("IMPORT", _("Import")),
    ("API", _("Other integration")),
    ("UNKNOWN", _("Unknown")),
]

TYPES = [
    ("INVITATIONS", _("Invitations")),
    ("NEWS", _("News")),
    ("PROMOTIONS", _("Promotions")),
    ("URGENT", _("Urgent messages")),
]

# key, name, description, bases accepted
PURPOSES = [
    (
        "STORE",
        _("Sales and service"),
        _("To keep the person's data in order to sell, deliver and help."),
        ["61A", "61B", "61C", "61D", "61E", "61F"],
    ),
    ("EMARKETING", _("E-marketing"), _("To send the person marketing by e-mail."), ["61A", "61F"]),
]
