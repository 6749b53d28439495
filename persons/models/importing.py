"""An import under way: what a file says, staged row by row, until it is applied."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from persons.models.operation import Operation
from persons.models.person import Company, Person, folded


class Import(models.Model):
    """One application of one file. The rows go when it is done; the numbers and the problems stay.

    `moment` is when a file of this digest was first applied: what counts as now for its dates (rules 4.6).
    """

    operation = models.OneToOneField(Operation, models.CASCADE, primary_key=True, related_name="+")
    file_name = models.CharField(_("file"), max_length=255)
    digest = models.BinaryField(max_length=32)
    format = models.CharField(_("format"), max_length=40)
    options = models.JSONField(default=dict)
    moment = models.DateTimeField(db_default=Now())
    counts = models.JSONField(_("what the file holds"), default=dict)
    batches = models.PositiveIntegerField(default=0)
    batches_done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(_("persons created"), default=0)
    updated = models.PositiveIntegerField(_("persons updated"), default=0)
    recorded = models.PositiveIntegerField(_("answers recorded"), default=0)
    same = models.PositiveIntegerField(_("answers already standing"), default=0)
    late = models.PositiveIntegerField(_("answers kept as late"), default=0)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index("digest", name="imports_of_a_file")]

    def __str__(self):
        return self.file_name


def unguessable(_upload: "Upload", _name: str) -> str:
    return f"imports/{uuid4().hex}"


class UploadQuerySet(models.QuerySet):
    def under_way(self):
        return self.filter(state__in=[Upload.State.CHECKING, Upload.State.IMPORTING])

    def waiting(self):
        """Somebody has to say what the columns are, or whether they are to be imported."""
        return self.filter(state__in=[Upload.State.COLUMNS, Upload.State.CHECKED])


class Upload(models.Model):
    """A file that somebody brought to the import page, on its way through dry run and import.

    The file names people: it lies here only until it is imported, called off or forgotten.
    """

    class State(models.TextChoices):
        COLUMNS = "columns", _("Columns to be chosen")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        IMPORTING = "importing", _("Being imported")
        DONE = "done", _("Imported")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Not imported")

    file = models.FileField(_("file"), upload_to=unguessable, blank=True, help_text=_("Empty once it is removed."))
    file_name = models.CharField(_("file name"), max_length=255)
    format = models.CharField(_("format"), max_length=40)
    not_read = models.JSONField(_("columns that nothing is taken from"), default=list)
    options = models.JSONField(default=dict)
    state = models.CharField(_("status"), max_length=10, choices=State, default=State.CHECKING)
    done = models.PositiveIntegerField(_("batches done"), default=0)
    total = models.PositiveIntegerField(_("batches in all"), default=0)
    begun_at = models.DateTimeField(_("begun"), null=True, help_text=_("By the worker that is at it now."))
    begun_with = models.PositiveIntegerField(_("batches done when it began"), default=0)
    found = models.JSONField(_("what the dry run found"), null=True)
    failure = models.TextField(_("why it failed"), blank=True)
    imported = models.ForeignKey(Import, models.SET_NULL, null=True, related_name="uploads")
    created_at = models.DateTimeField(_("created"), db_default=Now())
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("uploaded file")
        verbose_name_plural = _("uploaded files")

    def __str__(self):
        return self.file_name

    def get_absolute_url(self):
        return reverse("persons:upload", args=[self.pk])

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.CHECKING, self.State.IMPORTING)


def limit(name: str, model: type[models.Model] = Person) -> int:
    """How many letters a field takes."""
    field = model._meta.get_field(name)
    assert isinstance(field, models.CharField) and field.max_length  # noqa: S101, PT018 - told to the type checker
    return field.max_length


class ImportRow(models.Model):
    """One row of the file, as read. Rows that may concern one person have one `bucket`, and so lie in one batch."""

    imported_by = models.ForeignKey(Import, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    bucket = models.BigIntegerField()
    person_id = models.BigIntegerField(null=True)
    is_created = models.BooleanField(db_default=False)
    first_name = models.CharField(max_length=limit("first_name"))
    last_name = models.CharField(max_length=limit("last_name"))
    company = models.CharField(max_length=limit("name", Company))
    title = models.CharField(max_length=limit("title"))
    email = models.CharField(max_length=limit("email"))
    address = models.CharField(max_length=limit("address"), null=True)
    address_hash = models.BinaryField(null=True)
    phone = models.CharField(max_length=limit("phone"))
    mobile = models.CharField(max_length=limit("mobile"))
    street = models.CharField(max_length=limit("street"))
    postcode = models.CharField(max_length=limit("postcode"))
    city = models.CharField(max_length=limit("city"))
    country = models.CharField(max_length=limit("country"))
    system = models.CharField(max_length=40)
    external_id = models.CharField(max_length=200)
    no_mailings = models.BooleanField()
    former_employee = models.BooleanField()
    has_bounced = models.BooleanField()
    bounced_at = models.DateTimeField(null=True)
    store_in_doubt = models.BooleanField(db_default=False)
    name_key = models.GeneratedField(
        expression=folded(models.functions.Concat(F("first_name"), models.Value(" "), F("last_name"))),
        output_field=models.TextField(),
        db_persist=True,
    )
    company_key = models.GeneratedField(
        expression=folded(F("company")), output_field=models.TextField(), db_persist=True
    )

    class Meta:
        constraints = [models.UniqueConstraint("imported_by", "number", name="one_row_per_number")]
        indexes = [models.Index("imported_by", "bucket", name="rows_of_a_batch")]

    def __str__(self):
        return f"{self.imported_by_id}: {self.number}"


class ImportAnswer(models.Model):
    """What one row says on one matter. Those added for others with the address, or by default, are `is_derived`."""

    imported_by = models.ForeignKey(Import, models.CASCADE, related_name="answers")
    row_number = models.PositiveIntegerField()
    bucket = models.BigIntegerField()
    person_id = models.BigIntegerField(null=True)
    is_derived = models.BooleanField(db_default=False)
    purpose_id = models.CharField(max_length=40, null=True)
    type_id = models.CharField(max_length=40, null=True)
    basis_id = models.CharField(max_length=40)
    source_id = models.CharField(max_length=40)
    given_at = models.DateTimeField(null=True)
    comment = models.TextField()
    only_if_none = models.BooleanField()

    class Meta:
        indexes = [models.Index("imported_by", "bucket", name="answers_of_a_batch")]

    def __str__(self):
        return f"{self.imported_by_id}: {self.row_number} {self.purpose_id or self.type_id}"


class ImportProblem(models.Model):
    """Something in a row that was not taken over as it stands, by code; never the cell itself, which names people."""

    imported_by = models.ForeignKey(Import, models.CASCADE, related_name="problems")
    row_number = models.PositiveIntegerField()
    code = models.CharField(max_length=40)

    class Meta:
        ordering = ["row_number", "code"]

    def __str__(self):
        return f"{self.row_number}: {self.code}"
