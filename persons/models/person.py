"""Companies and persons, as in any CRM."""

import pghistory
import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Concat, Lower, Now, Replace, Trim
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from persons.addresses import normalise
from persons.models.address import keyed_hash


def folded(text):
    """The form under which two names are the same: NFC, case and spaces ignored (rules 4.11)."""
    composed = Func(text, function="normalize")
    single_spaced = Func(composed, Value(r"\s+"), Value(" "), Value("g"), function="regexp_replace")
    return Lower(Trim(single_spaced), output_field=models.TextField())


def searchable(text):
    """The form under which a text is found: lower case, without accents, æ as ae, ø as o.

    Made of immutable functions alone, in place of the extension unaccent, whose rules change with its version and
    would leave the index behind.
    """
    bare = Func(
        Func(text, template="normalize(%(expressions)s, NFKD)"),
        Value(r"[\u0300-\u036f]"),
        Value(""),
        Value("g"),
        function="regexp_replace",
    )
    latin = Func(bare, Value("ØøÐðĐđŁłÞþĦħıÆŒẞ"), Value("ooddddllpphhiæœß"), function="translate")
    spelt = Replace(Replace(latin, Value("æ"), Value("ae")), Value("œ"), Value("oe"))
    return Lower(Replace(spelt, Value("ß"), Value("ss")), output_field=models.TextField())


def digits(text):
    """A phone number as it is dialled, however it was typed."""
    return Func(text, Value("[^0-9]"), Value(""), Value("g"), function="regexp_replace")


def found_by(*texts):
    """The column in which a search looks: some texts of the row, with spaces between."""
    parts = [part for text in texts for part in (Value(" "), text)][1:]
    joined = parts[0] if len(parts) == 1 else Concat(*parts, output_field=models.TextField())
    return models.GeneratedField(expression=searchable(joined), output_field=models.TextField(), db_persist=True)


def tracked_flags(*fields):
    """Keep the history of flags and links only, never of names or addresses: an erasure must find nothing there."""
    return pghistory.track(pghistory.UpdateEvent(condition=pghistory.AnyChange(*fields)), fields=["id", *fields])


@tracked_flags("no_mailings")
class Company(models.Model):
    """A company that persons work for."""

    name = models.CharField(_("name"), max_length=200)
    street = models.CharField(_("street"), max_length=200, blank=True, default="", db_default="")
    postcode = models.CharField(_("postcode"), max_length=60, blank=True, default="", db_default="")
    city = models.CharField(_("city"), max_length=200, blank=True, default="", db_default="")
    country = models.CharField(_("country"), max_length=60, blank=True)
    no_mailings = models.BooleanField(
        _("No mailings"), default=False, help_text=_("Nobody in this company receives mailings.")
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    name_key = models.GeneratedField(expression=folded(F("name")), output_field=models.TextField(), db_persist=True)
    search_key = found_by(F("name"))

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        indexes = [
            models.Index("name_key", name="company_by_name"),
            GinIndex(fields=["search_key"], name="company_search", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("persons:company", args=[self.pk])


class PersonQuerySet(models.QuerySet):
    def kept(self):
        """Neither erased nor merged into another person."""
        return self.filter(erased_at=None, merged_into=None)

    def at_address(self, address):
        """Everybody with this normalised address; several persons may share one."""
        return self.filter(address=address)

    def countries(self) -> list[str]:
        """Every country in use, found by skipping through its index."""
        with connection.cursor() as cursor:
            cursor.execute(COUNTRIES)
            return [country for (country,) in cursor.fetchall() if country]


COUNTRIES = """
    WITH RECURSIVE known AS (
        SELECT min(country) AS country FROM persons_person
        UNION ALL
        SELECT (SELECT min(country) FROM persons_person p WHERE p.country > known.country)
        FROM known WHERE known.country IS NOT NULL)
    SELECT country FROM known WHERE country IS NOT NULL"""


# Whoever changes an address leaves its hash behind, and suppresses it while a stop stands (rules 4.13); so does whoever
# is merged away, for whom nothing stands by then.
KEEP_FORMER_ADDRESS = pgtrigger.Trigger(
    name="keep_former_address",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("address_hash"),
    condition=pgtrigger.Q(old__address_hash__df=pgtrigger.F("new__address_hash"))
    & pgtrigger.Q(old__address_hash__isnull=False, new__erased_at__isnull=True),
    func="""
        INSERT INTO persons_formeraddress (person_id, address_hash, until)
        VALUES (OLD.id, OLD.address_hash, clock_timestamp());
        INSERT INTO persons_suppression (address_hash, reason, lifted_because)
        SELECT OLD.address_hash, 'changed', ''
        WHERE EXISTS (SELECT FROM persons_consent c JOIN purposes_legalbasis b ON b.key = c.basis_id
                      WHERE c.person_id = OLD.id AND NOT b.allows)
           OR EXISTS (SELECT FROM persons_subscription s WHERE s.person_id = OLD.id AND NOT s.is_active)
        ON CONFLICT (address_hash) WHERE lifted_at IS NULL DO NOTHING;
        RETURN NULL;""",
)


@tracked_flags("no_mailings", "former_employee", "company", "merged_into")
class Person(models.Model):
    """Somebody the company knows. The address decides about mail; the e-mail is what somebody typed."""

    first_name = models.CharField(_("first name"), max_length=200, blank=True)
    last_name = models.CharField(_("last name"), max_length=200, blank=True)
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="persons", verbose_name=_("company")
    )
    title = models.CharField(_("job title"), max_length=200, blank=True)
    email = models.CharField(_("e-mail address"), max_length=400, blank=True)
    address = models.CharField(
        max_length=254,
        null=True,
        editable=False,
        help_text="Normal form of the e-mail; NULL: none, or not a valid one.",
    )
    address_hash = models.BinaryField(max_length=32, null=True, help_text="Keyed hash of the address.")
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    mobile = models.CharField(_("mobile phone"), max_length=60, blank=True)
    street = models.CharField(_("street"), max_length=200, blank=True)
    postcode = models.CharField(_("postcode"), max_length=60, blank=True)
    city = models.CharField(_("city"), max_length=200, blank=True)
    country = models.CharField(_("country"), max_length=60, blank=True)
    language = models.CharField(_("language"), max_length=8, blank=True)
    no_mailings = models.BooleanField(_("No mailings"), default=False)
    former_employee = models.BooleanField(_("Former employee"), default=False)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, editable=False, related_name="merged_persons")
    erased_at = models.DateTimeField(_("erased"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    name_key = models.GeneratedField(
        expression=folded(Concat(F("first_name"), Value(" "), F("last_name"))),
        output_field=models.TextField(),
        db_persist=True,
    )
    search_key = found_by(F("first_name"), F("last_name"), F("email"), digits(F("phone")), digits(F("mobile")))

    objects = PersonQuerySet.as_manager()

    class Meta:
        ordering = ["last_name", "first_name", "id"]
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        permissions = [
            ("manage_consent", _("Can record every answer")),
            ("record_stop", _("Can record that somebody does not want it")),
            ("lift_stop", _("Can lift a stop with evidence")),
            ("import_persons", _("Can import persons")),
            ("export_persons", _("Can export persons")),
            ("bulk_update", _("Can update answers in bulk")),
            ("erase_person", _("Can erase personal data")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(address=None, address_hash=None) | Q(address__isnull=False, address_hash__isnull=False),
                name="an_address_and_its_hash_go_together",
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None, merged_into=None) | Q(address=None),
                name="erased_and_merged_persons_have_no_address",
            ),
        ]
        indexes = [
            models.Index("address", name="person_by_address"),
            models.Index("address_hash", name="person_by_address_hash"),
            models.Index("name_key", "company", name="person_by_name"),  # rows without an address, rules 4.11
            models.Index("last_name", "first_name", "id", name="person_list"),
            models.Index("updated_at", "id", name="person_by_change"),
            models.Index("country", name="person_by_country"),
            GinIndex(fields=["search_key"], name="person_search", opclasses=["gin_trgm_ops"]),
        ]
        triggers = [KEEP_FORMER_ADDRESS]

    def __str__(self):
        return self.full_name or self.email or str(_("Person without a name"))

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def described(self) -> str:
        """Enough to tell two persons of one name apart."""
        return f"{self.full_name} ({self.email})" if self.full_name and self.email else str(self)

    def with_merged(self) -> list["Person"]:
        """This person, and everybody who was merged into this one, by whatever way round."""
        found, merged = [], [self]
        while merged:
            found += merged
            merged = list(Person.objects.filter(merged_into__in=merged))
        return found

    def kept_one(self) -> "Person":
        """Into whom this person was merged at last; the person itself where that never happened."""
        person = self
        while person.merged_into:
            person = person.merged_into
        return person

    def save(self, **options):
        """Decide, whenever the e-mail is saved, whether it is an address that can be mailed (rules 3, row 2)."""
        self.address = normalise(self.email)
        self.address_hash = keyed_hash(self.address) if self.address else None
        super().save(**options)

    def get_absolute_url(self):
        return reverse("persons:detail", args=[self.pk])


class FormerAddress(models.Model):
    """An address that a person had until that moment, as its hash: what was recorded before was for this address."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="former_addresses")
    address_hash = models.BinaryField(_("hash of the address"), max_length=32)
    until = models.DateTimeField(_("until"))

    class Meta:
        ordering = ["until", "id"]
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")

    def __str__(self):
        return f"{self.person_id} {self.until}"


class ExternalId(models.Model):
    """What another system calls a person, so that a later file of that system finds the person again."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="external_ids")
    system = models.CharField(_("system"), max_length=40)
    value = models.CharField(_("id in that system"), max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint("system", "value", name="one_person_per_external_id")]

    def __str__(self):
        return f"{self.system} {self.value}"
