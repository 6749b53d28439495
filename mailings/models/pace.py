from django.db import models


class Pace(models.Model):
    """How far ahead something with a rate has been sent: a mailing ("#12"), or a receiving domain ("@example.com").

    Shared by all workers. A row whose moment has passed says nothing any more.
    """

    key = models.CharField(max_length=260, primary_key=True)
    free_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "pace"
        verbose_name_plural = "paces"

    def __str__(self):
        return self.key
