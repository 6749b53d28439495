"""The lists of Privacy, to read."""

from rest_framework import serializers, viewsets

from purposes.models import LegalBasis, Purpose, Source, SubscriptionType

LISTED = ["key", "name", "is_active", "is_built_in"]


class PurposeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Purpose
        fields = [*LISTED, "description", "accepted_bases", "validity_months"]


class LegalBasisSerializer(serializers.ModelSerializer):
    class Meta:
        model = LegalBasis
        fields = [*LISTED, "article", "allows", "help_text", "rights"]


class SourceSerializer(serializers.ModelSerializer):
    class Meta:
        model = Source
        fields = LISTED


class SubscriptionTypeSerializer(serializers.ModelSerializer):
    class Meta:
        model = SubscriptionType
        fields = [*LISTED, "description", "is_public"]


class PurposeViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Purpose.objects.prefetch_related("accepted_bases")
    serializer_class = PurposeSerializer


class LegalBasisViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = LegalBasis.objects.all()
    serializer_class = LegalBasisSerializer


class SourceViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Source.objects.all()
    serializer_class = SourceSerializer


class SubscriptionTypeViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = SubscriptionType.objects.all()
    serializer_class = SubscriptionTypeSerializer
