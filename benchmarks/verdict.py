"""The verdict over all persons."""

from django.db import connection

from benchmarks.timing import Work, at_most
from persons import verdict

# The table of rules 3 for a marketing mailing without a type, the filter as it is set, written out for today alone.

BY_HAND = """
    WITH choice AS (
        SELECT s.person_id, bool_or(s.is_active AND t.is_active) AS is_active,
               max(s.given_at) FILTER (WHERE NOT s.is_active) AS ended_at,
               max(s.given_at) FILTER (WHERE s.is_active AND t.is_active AND s.is_own) AS own_at,
               max(s.event_id) FILTER (WHERE s.is_active AND t.is_active) AS event_id
        FROM persons_subscription s JOIN purposes_subscriptiontype t ON t.key = s.type_id GROUP BY s.person_id),
    stopped AS (
        SELECT p.address, max(c.given_at) AS at
        FROM persons_consent c JOIN purposes_legalbasis b ON b.key = c.basis_id AND NOT b.allows
        JOIN persons_person p ON p.id = c.person_id
        WHERE c.purpose_id = 'EMARKETING' AND p.address IS NOT NULL GROUP BY p.address),
    ended AS (
        SELECT p.address, max(s.ended_at) AS at FROM choice s JOIN persons_person p ON p.id = s.person_id
        WHERE s.ended_at IS NOT NULL AND NOT s.is_active AND p.address IS NOT NULL GROUP BY p.address)
    SELECT p.id, p.address, p.address_hash,
           CASE WHEN p.erased_at IS NOT NULL OR p.merged_into_id IS NOT NULL OR p.former_employee THEN 'retired'
                WHEN p.address IS NULL THEN 'no_address'
                WHEN u.address_hash IS NOT NULL THEN 'suppressed'
                WHEN d.address_hash IS NOT NULL THEN 'bounced'
                WHEN p.no_mailings OR y.no_mailings THEN 'no_mailings'
                WHEN NOT b.allows THEN 'withdrawn'
                WHEN s.ended_at IS NOT NULL AND NOT s.is_active THEN 'unsubscribed'
                WHEN (stopped.at IS NOT NULL AND (b.allows AND c.is_own AND c.given_at > stopped.at) IS NOT TRUE)
                  OR (ended.at IS NOT NULL AND (s.own_at > ended.at) IS NOT TRUE) THEN 'shared_address'
                WHEN b.allows AND a.basis_id IS NOT NULL AND (c.valid_until <= now()) IS NOT TRUE
                 AND (w.ask_again_by <= now()) IS NOT TRUE THEN 'consent'
                WHEN s.is_active THEN 'subscription'
                WHEN NOT (SELECT filter_recipients FROM purposes_privacysettings) THEN 'not_filtered'
                WHEN c.valid_until <= now() OR w.ask_again_by <= now() THEN 'expired'
                WHEN b.allows THEN 'not_accepted'
                ELSE 'no_consent' END AS code,
           coalesce(c.event_id, s.event_id) AS event_id
    FROM persons_person p
    LEFT JOIN persons_company y ON y.id = p.company_id
    LEFT JOIN persons_suppression u ON u.address_hash = p.address_hash AND u.lifted_at IS NULL
    LEFT JOIN persons_deliverability d ON d.address_hash = p.address_hash
                                      AND (d.failed_at IS NOT NULL OR d.bounces_in_a_row >= 5)
    LEFT JOIN persons_consent c ON c.person_id = p.id AND c.purpose_id = 'EMARKETING'
    LEFT JOIN purposes_legalbasis b ON b.key = c.basis_id
    LEFT JOIN purposes_acceptedbasis a ON a.purpose_id = 'EMARKETING' AND a.basis_id = c.basis_id
    LEFT JOIN purposes_wording w ON w.id = c.wording_id
    LEFT JOIN choice s ON s.person_id = p.id
    LEFT JOIN stopped ON stopped.address = p.address
    LEFT JOIN ended ON ended.address = p.address"""


class Counts(Work):
    name = "Verdict: persons per code"
    bar = at_most(1.2)
    rounds = 9

    def ours(self) -> dict[str, int]:
        return verdict.counts(verdict.Question())

    def yardstick(self) -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT code, count(*) FROM ({BY_HAND}) v GROUP BY code")
            return dict(cursor.fetchall())


WORKS = [Counts]
