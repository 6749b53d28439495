"""Persons with their answers, to read; and the question whether somebody may be written to."""

from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from persons.addresses import normalise
from persons.checking import check_address, check_person
from persons.filters import PersonFilterSet
from persons.models import Consent, ConsentEvent, Person, Subscription
from persons.verdict import Code
from purposes.models import SubscriptionType


class ConsentSerializer(serializers.ModelSerializer):
    standing = serializers.ChoiceField(Consent.Standing.choices)

    class Meta:
        model = Consent
        fields = ["purpose", "standing", "basis", "source", "given_at", "valid_until", "recorded_at"]


class SubscriptionSerializer(serializers.ModelSerializer):
    class Meta:
        model = Subscription
        fields = ["type", "is_active", "source", "given_at", "recorded_at"]


class PersonSerializer(serializers.ModelSerializer):
    company: serializers.Field = serializers.StringRelatedField()
    consents = ConsentSerializer(many=True)
    subscriptions = SubscriptionSerializer(many=True)

    class Meta:
        model = Person
        fields = [
            "id", "first_name", "last_name", "company", "title", "email", "phone", "mobile", "street", "postcode",
            "city", "country", "language", "no_mailings", "former_employee", "created_at", "updated_at",
            "consents", "subscriptions",
        ]  # fmt: skip


class PersonViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = (
        Person.objects.kept()
        .select_related("company")
        .prefetch_related(Prefetch("consents", Consent.objects.with_standing()), "subscriptions")
    )
    serializer_class = PersonSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = PersonFilterSet
    lookup_value_converter = "int"


class QuestionSerializer(serializers.Serializer):
    """Whom it is about, by one of the two, and which kind of mailing: none asks about a mailing without a type."""

    address = serializers.CharField(required=False, max_length=400)
    person = serializers.PrimaryKeyRelatedField(queryset=Person.objects.kept(), required=False)
    type = serializers.PrimaryKeyRelatedField(
        queryset=SubscriptionType.objects.all(), required=False, allow_null=True, default=None
    )

    def validate_address(self, typed: str) -> str:
        if normalise(typed) is None:
            raise serializers.ValidationError(_("This is not a valid e-mail address."))
        return typed

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if ("address" in asked) == ("person" in asked):
            raise serializers.ValidationError(_("Give either an address or the id of a person."))
        return asked


class EventSerializer(serializers.ModelSerializer):
    basis = serializers.CharField(source="basis_after_id", allow_null=True)

    class Meta:
        model = ConsentEvent
        fields = ["id", "purpose", "subscription_type", "basis", "source", "given_at"]


class VerdictSerializer(serializers.Serializer):
    """The verdict: `code` is for programs, `sentence` for people, `event` is what it rests on."""

    person = serializers.IntegerField(source="person.pk", default=None, allow_null=True)
    code = serializers.ChoiceField(Code.choices)
    allowed = serializers.BooleanField()
    sentence = serializers.CharField()
    event = EventSerializer(allow_null=True)


class CheckView(APIView):
    @extend_schema(
        request=QuestionSerializer,
        responses={200: VerdictSerializer, 404: OpenApiResponse(description="Nobody has this address.")},
        operation_id="check",
    )
    def post(self, request: Request) -> Response:
        """May this address, or this person, be written to? Nothing is changed."""
        asked = QuestionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        type_ = asked.validated_data["type"]
        key = type_.pk if type_ else None
        person = asked.validated_data.get("person")
        found = check_person(person, key) if person else check_address(asked.validated_data["address"], key)
        if found is None:
            raise NotFound(_("Nobody has this address."), code="unknown_address")
        return Response(VerdictSerializer(found).data)
