"""What the four roles may do (rules 6): the permissions that the migration gives to the groups."""

SEES = [
    "persons.view_person",
    "persons.view_company",
    "persons.view_selection",
    "mailings.view_mailing",
    "mailings.view_recipient",
]
MARKETER = [
    *SEES,
    "persons.record_stop",
    "persons.add_selection",
    "persons.change_selection",
    "persons.delete_selection",
    "mailings.add_mailing",
    "mailings.change_mailing",
    "mailings.delete_mailing",
    "mailings.send_mailing",
]
SALES = [
    *SEES,
    "persons.add_person",
    "persons.change_person",
    "persons.add_company",
    "persons.change_company",
    "persons.manage_consent",
    "persons.record_stop",
    "persons.import_persons",
    "persons.export_persons",
    "persons.bulk_update",
    "persons.add_selection",
    "persons.change_selection",
    "persons.delete_selection",
]
PRIVACY_ADMIN = [
    *SALES,
    "persons.lift_stop",
    "persons.erase_person",
    "persons.view_act",
    "persons.view_consentevent",
    "persons.view_seal",
    "persons.view_suppression",
    "persons.add_suppression",
    "persons.change_suppression",
    *(
        f"purposes.{deed}_{model}"
        for model in ("purpose", "legalbasis", "source", "subscriptiontype", "wording")
        for deed in ("view", "add", "change", "delete")
    ),
    "purposes.view_privacysettings",
    "purposes.change_privacysettings",
    "consent_crm.view_user",
    "consent_crm.add_user",
    "consent_crm.change_user",
]

ROLES = {"Privacy admin": PRIVACY_ADMIN, "Sales": SALES, "Marketer": MARKETER, "Reader": SEES}
