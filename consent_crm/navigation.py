"""What the frame shows on every page of the staff: only places that the signed-in user may open."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .access import ROUTES, may, right_to

# route, label, and what one does there
PLACES = [
    ("home", _("Home"), ""),
    ("persons:list", _("Persons"), _("Look somebody up, see what they answered, record a new answer.")),
    ("selections:list", _("Selections"), _("Keep sets of persons, by hand or by filter.")),
    ("mailings:list", _("Mailings"), _("Write to those who may be written to.")),
    ("privacy:consent", _("Privacy"), _("What may be asked of people, on which grounds, and who receives mailings.")),
    ("settings:sending", _("Settings"), _("From whom and how fast mail goes out, and how long things are kept.")),
]
OF_THE_TRIAL = [("caught:list", _("Caught mail"), _("Read what would have been sent; its links work."))]


def frame(request):
    """Context processor. Errors outside any route (and before sign-in) get an empty frame."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    places = [place(request, *entry) for entry in places_there_are() if is_open(user, entry[0])]
    find_url = reverse("persons:list") if is_open(user, "persons:list") else ""
    return {"navigation": places, "find_persons_url": find_url}


def places_there_are():
    return [*PLACES, *OF_THE_TRIAL] if settings.TRIAL else PLACES


def is_open(user, route):
    return route in ROUTES and may(user, right_to(route))


def place(request, route, label, purpose):
    """One entry; it is *here* on every page of its area, also on those that another room keeps there."""
    here = request.resolver_match.view_name if request.resolver_match else ""
    area, url = route.partition(":"), reverse(route)
    is_of_area = bool(area[1]) and (here.startswith(f"{area[0]}:") or request.path.startswith(url))
    return {"url": url, "label": label, "purpose": purpose, "is_here": here == route or is_of_area}
