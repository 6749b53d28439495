"""Who may open what: one table over every route, and the middleware that keeps to it.

A route that is not in the table is closed to everybody. Views ask `request.user.has_perm` for parts of a page.
"""

from __future__ import annotations

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from .api import refused

PUBLIC, SIGNED_IN, SUPERUSER, NOBODY = "public", "signed in", "superuser", "nobody"

Right = str | tuple[str, ...]  # a permission, one of the words above, or several of which one is enough

READ_PERSONS = "persons.view_person"
BULK_UPDATE = "persons.bulk_update"
EXPORT_PERSONS = "persons.export_persons"
IMPORT_PERSONS = "persons.import_persons"
READ_MAILINGS = "mailings.view_mailing"
SEND_MAILINGS = "mailings.send_mailing"
CHANGE_MAILINGS = "mailings.change_mailing"
DRAFT: dict[str, Right] = {"GET": READ_MAILINGS, "POST": CHANGE_MAILINGS}
WRITE_TEMPLATES = "purposes.change_emailtemplate"
SET_PAGES = "purposes.change_publicpages"
SET_SENDING = "mailings.change_sendingsettings"
RECORD_ANSWERS = ("persons.manage_consent", "persons.change_person", "persons.record_stop")

ROUTES: dict[str, Right | dict[str, Right]] = {
    "home": SIGNED_IN,
    "sign_in": PUBLIC,
    "sign_out": SIGNED_IN,
    "unsubscribe": PUBLIC,
    "preferences": PUBLIC,
    "asked_again": PUBLIC,
    "view_in_browser": PUBLIC,
    "image": PUBLIC,
    "follow": PUBLIC,
    "public_style": PUBLIC,
    "public_logo": PUBLIC,
    "confirm": PUBLIC,
    "subscribe": PUBLIC,
    "caught:list": SIGNED_IN,  # in the trial only
    "caught:message": SIGNED_IN,
    "caught:body": SIGNED_IN,
    "caught:one_click": SIGNED_IN,
    "admin:*": SUPERUSER,
    "api:docs": SIGNED_IN,
    "api:schema": SIGNED_IN,
    "api:check": READ_PERSONS,
    "api:person-list": READ_PERSONS,
    "api:person-detail": READ_PERSONS,
    "api:purpose-list": READ_PERSONS,
    "api:purpose-detail": READ_PERSONS,
    "api:legalbasis-list": READ_PERSONS,
    "api:legalbasis-detail": READ_PERSONS,
    "api:source-list": READ_PERSONS,
    "api:source-detail": READ_PERSONS,
    "api:subscriptiontype-list": READ_PERSONS,
    "api:subscriptiontype-detail": READ_PERSONS,
    "persons:list": READ_PERSONS,
    "persons:columns": READ_PERSONS,
    "persons:bulk_update": BULK_UPDATE,
    "persons:export": EXPORT_PERSONS,
    "persons:work_list": READ_PERSONS,
    "persons:work_counts": READ_PERSONS,
    "persons:see_to": "persons.manage_consent",
    "persons:renew_validity": BULK_UPDATE,
    "persons:operations": BULK_UPDATE,
    "persons:operation": BULK_UPDATE,
    "persons:operation_progress": BULK_UPDATE,
    "persons:start_operation": BULK_UPDATE,
    "persons:cancel_operation": BULK_UPDATE,
    "persons:undo_operation": BULK_UPDATE,
    "persons:operation_log": BULK_UPDATE,
    "persons:blocked": READ_PERSONS,
    "persons:clear_blocked": "persons.change_person",
    "persons:imports": IMPORT_PERSONS,
    "persons:upload": IMPORT_PERSONS,
    "persons:import_columns": IMPORT_PERSONS,
    "persons:import_progress": IMPORT_PERSONS,
    "persons:start_import": IMPORT_PERSONS,
    "persons:cancel_import": IMPORT_PERSONS,
    "persons:import_problems": IMPORT_PERSONS,
    "persons:new": "persons.add_person",
    "persons:new_company": "persons.add_company",
    "persons:company_names": "persons.view_company",
    "persons:company": "persons.view_company",
    "persons:edit_company": "persons.change_company",
    "persons:company_no_mailings": "persons.change_company",
    "persons:detail": READ_PERSONS,
    "persons:edit": "persons.change_person",
    "persons:merge": "persons.manage_consent",
    "persons:history": READ_PERSONS,
    "persons:undo": RECORD_ANSWERS,
    "persons:evidence": READ_PERSONS,
    "persons:record_consent": RECORD_ANSWERS,
    "persons:record_subscription": ("persons.manage_consent", "persons.record_stop"),
    "persons:subscribe_forms": SET_PAGES,
    "persons:new_subscribe_form": SET_PAGES,
    "persons:subscribe_form": SET_PAGES,
    "persons:subscribe_form_history": SET_PAGES,
    "persons:send_message": ("persons.manage_consent", "persons.change_person"),
    "persons:send_confirmation_link": "persons.manage_consent",
    "persons:no_mailings": "persons.change_person",
    "persons:former_employee": "persons.change_person",
    "erase_person": "persons.erase_person",
    "person_mailings": "mailings.view_recipient",
    "person_relied_on": "mailings.view_recipient",
    "data_report": EXPORT_PERSONS,
    "data_report_file": EXPORT_PERSONS,
    "data_report_files": EXPORT_PERSONS,
    "persons:purpose_counts": READ_PERSONS,
    "persons:purpose_effect": READ_PERSONS,
    "persons:missing_count": READ_PERSONS,
    "persons:filter_effect": READ_PERSONS,
    "persons:in_use": READ_PERSONS,
    "persons:wording_counts": READ_PERSONS,
    "persons:wording_effect": READ_PERSONS,
    "mailings:provider_reports": PUBLIC,  # a secret of its own
    "persons:validity_effect": READ_PERSONS,
    "mailings:list": READ_MAILINGS,
    "mailings:new": "mailings.add_mailing",
    "mailings:templates": "mailings.add_mailing",
    "mailings:rename_template": "mailings.add_mailing",
    "mailings:delete_template": "mailings.add_mailing",
    "mailings:begin_with_template": "mailings.add_mailing",
    "mailings:keep_as_template": "mailings.add_mailing",
    "mailings:duplicate": "mailings.add_mailing",
    "mailings:detail": READ_MAILINGS,
    "mailings:setup": DRAFT,
    "mailings:content": DRAFT,
    "mailings:switch": "mailings.change_mailing",
    "mailings:letter": READ_MAILINGS,
    "mailings:add_image": "mailings.change_mailing",
    "mailings:recipients": DRAFT,
    "mailings:add_company": CHANGE_MAILINGS,
    "mailings:remove_company": CHANGE_MAILINGS,
    "mailings:add_persons": CHANGE_MAILINGS,
    "mailings:remove_person": CHANGE_MAILINGS,
    "mailings:remove_persons": CHANGE_MAILINGS,
    "mailings:choose_filter": CHANGE_MAILINGS,
    "mailings:make_list": CHANGE_MAILINGS,
    "mailings:override": "mailings.override_consent",
    "mailings:outcome": READ_MAILINGS,
    "mailings:audience": "mailings.view_recipient",
    "mailings:test": DRAFT,
    "mailings:report": READ_MAILINGS,
    "mailings:recipients_file": "persons.export_persons",
    "mailings:proof": SEND_MAILINGS,
    "mailings:send": READ_MAILINGS,
    "mailings:confirm": SEND_MAILINGS,
    "mailings:start": SEND_MAILINGS,
    "mailings:unschedule": SEND_MAILINGS,
    "mailings:building": READ_MAILINGS,
    "mailings:progress": READ_MAILINGS,
    "mailings:pause": SEND_MAILINGS,
    "mailings:resume": SEND_MAILINGS,
    "mailings:cancel": SEND_MAILINGS,
    "mailings:send_again": SEND_MAILINGS,
    "selections:list": "persons.view_selection",
    "selections:detail": "persons.view_selection",
    "selections:add": "persons.add_selection",
    "selections:remove": "persons.change_selection",
    "selections:rename": "persons.change_selection",
    "selections:combine": "persons.add_selection",
    "selections:count": "persons.view_selection",
    "delete_selection": "persons.delete_selection",
    "privacy:consent": {"GET": "purposes.change_purpose", "POST": "purposes.change_privacysettings"},
    "privacy:register": "purposes.view_purpose",
    "privacy:wording": {"GET": "purposes.view_wording", "POST": "purposes.change_wording"},
    "privacy:version": {"GET": "purposes.view_wording", "POST": "purposes.change_wording"},
    "privacy:delete_version": "purposes.delete_wording",
    "privacy:basis_rights": READ_PERSONS,
    "privacy:bases": "purposes.change_legalbasis",
    "privacy:sources": "purposes.change_source",
    "privacy:types": "purposes.change_subscriptiontype",
    "privacy:email": WRITE_TEMPLATES,
    "privacy:email_text": WRITE_TEMPLATES,
    "privacy:restore_email_text": WRITE_TEMPLATES,
    "privacy:add_email_template": "purposes.add_emailtemplate",
    "privacy:rename_email_template": WRITE_TEMPLATES,
    "privacy:delete_email_template": "purposes.delete_emailtemplate",
    "single_messages:preview": WRITE_TEMPLATES,
    "single_messages:test": WRITE_TEMPLATES,
    "privacy:pages": SET_PAGES,
    "privacy:page_text": SET_PAGES,
    "privacy:sample": SET_PAGES,
    "privacy:sample_style": SET_PAGES,
    "settings:sending": SET_SENDING,
    "settings:retention": "consent_crm.change_retention",
    "settings:history": SET_SENDING,
    "privacy:kind_history": "purposes.change_purpose",
    "privacy:history": "purposes.change_purpose",
}
for many, one, model in (
    ("purposes", "purpose", "purpose"),
    ("bases", "basis", "legalbasis"),
    ("sources", "source", "source"),
    ("types", "type", "subscriptiontype"),
):
    ROUTES |= {
        f"privacy:add_{one}": f"purposes.add_{model}",
        f"privacy:order_{many}": f"purposes.change_{model}",
        f"privacy:{one}": f"purposes.change_{model}",
        f"privacy:deactivate_{one}": f"purposes.change_{model}",
        f"privacy:restore_{one}": f"purposes.change_{model}",
        f"privacy:delete_{one}": f"purposes.delete_{model}",
    }


def right_to(route: str, method: str = "GET") -> Right:
    """The right that a route demands; HEAD and OPTIONS ask for what GET asks for."""
    namespace = route.partition(":")[0]
    right = ROUTES.get(route) or ROUTES.get(f"{namespace}:*", NOBODY)
    if isinstance(right, dict):
        return right.get("GET" if method in {"HEAD", "OPTIONS"} else method, NOBODY)
    return right


def may(user, right: Right) -> bool:
    if isinstance(right, tuple):
        return any(may(user, one) for one in right)
    if right in {PUBLIC, NOBODY}:
        return right == PUBLIC
    if not (user.is_authenticated and user.is_active):
        return False
    if right in {SIGNED_IN, SUPERUSER}:
        return right == SIGNED_IN or user.is_superuser
    return user.has_perm(right)


class AccessMiddleware:
    """Lets a request through to its view when the table says so; strangers are sent to sign in."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        right = right_to(request.resolver_match.view_name, request.method)
        if right == PUBLIC or may(request.user, right):
            return None
        if request.resolver_match.namespace == "api":
            return refused(request.user.is_authenticated)
        if request.user.is_authenticated:
            raise PermissionDenied
        return self.to_sign_in(request)

    def to_sign_in(self, request):
        """A part of a page cannot hold the sign-in form: there the whole page goes."""
        if request.htmx:
            page = request.htmx.current_url_abs_path or reverse("home")
            return HttpResponseClientRedirect(redirect_to_login(page).url)
        return redirect_to_login(request.get_full_path() if request.method == "GET" else reverse("home"))
