"""What becomes of an answer (rules 4): one SQL statement, for one answer and for a batch of an import alike."""

from datetime import timedelta

from purposes.models import ARTICLE_CONSENT, ARTICLE_LEGITIMATE_INTEREST, CONSENT, EMARKETING, OBJECTED, WITHDRAWN

CLOCK_TOLERANCE = timedelta(minutes=5)
PROOF_LETTERS = 10

# the constants of the rules, as parameters of `decided`
RULES = {
    "tolerance": CLOCK_TOLERANCE,
    "letters": PROOF_LETTERS,
    "consent": CONSENT,
    "withdrawn": WITHDRAWN,
    "objected": OBJECTED,
    "emarketing": EMARKETING,
    "article_consent": ARTICLE_CONSENT,
    "article_interest": ARTICLE_LEGITIMATE_INTEREST,
}

COLUMNS = {
    "number": "bigint",
    "person_id": "bigint",
    "purpose_id": "text",
    "type_id": "text",
    "basis_id": "text",
    "source_id": "text",
    "given_at": "timestamptz",
    "valid_until": "timestamptz",
    "wording_id": "bigint",
    "wording_digest": "bytea",
    "comment": "text",
    "file_hash": "bytea",
    "file": "text",
    "file_name": "text",
    "only_if_none": "boolean",
}

UNNESTED = "SELECT * FROM unnest({arrays}) AS given ({names})".format(
    arrays=", ".join(f"%({name})s::{type_}[]" for name, type_ in COLUMNS.items()), names=", ".join(COLUMNS)
)

ROUNDS = """
    SELECT a.*, row_number() OVER (PARTITION BY person_id, purpose_id, type_id ORDER BY number) AS round
    FROM ({answers}) a"""

# So that the order of recording makes no difference (rules 4.3) an answer meets not only what stands: a stop may be
# lifted by an allowance that has been replaced, or was kept late; and an allowance must lift the stops kept late too.
# `HELD_BY`: the greatest force among those that it does not lift and nothing else did. What was undone does not count.

LIFTED = """EXISTS (
    SELECT FROM persons_consentevent l JOIN purposes_legalbasis lb ON lb.key = l.basis_after_id
    WHERE lb.allows AND l.person_id = {stop}.person_id AND l.purpose_id IS NOT DISTINCT FROM {stop}.purpose_id
      AND l.subscription_type_id IS NOT DISTINCT FROM {type} AND l.given_at > {given} AND l.force >= {stop}.force
      AND NOT EXISTS (SELECT FROM persons_consentevent u WHERE u.undoes_id = l.id))"""

IS_LIFTED = LIFTED.format(stop="compared", type="compared.type_id", given="compared.given")

HELD_BY = """
    SELECT max(s.force) FROM persons_consentevent s JOIN purposes_legalbasis sb ON sb.key = s.basis_after_id
    WHERE NOT sb.allows AND s.is_late AND s.person_id = w.person_id AND s.purpose_id IS NOT DISTINCT FROM w.purpose_id
      AND s.subscription_type_id IS NOT DISTINCT FROM w.type_id AND NOT (w.given > s.given_at AND w.force >= s.force)
      AND NOT """ + LIFTED.format(stop="s", type="s.subscription_type_id", given="s.given_at")

# What each answer meets, what it weighs, and what becomes of it. `force`: ConsentEvent.Force.

DECIDED = """
WITH answer AS (SELECT * FROM ({rounds}) a WHERE round = %(round)s),
met AS (
    SELECT a.*, b.allows, b.article,
           p.erased_at IS NOT NULL OR p.merged_into_id IS NOT NULL AS is_gone,
           NOT (b.is_active AND coalesce(purpose.is_active, type.is_active)) AS is_inactive,
           a.type_id IS NOT NULL OR accepted.id IS NOT NULL AS is_accepted,
           purpose.validity_months,
           coalesce(c.event_id, s.event_id) AS stood_by_event,
           CASE WHEN s.id IS NULL THEN c.basis_id WHEN s.is_active THEN %(consent)s ELSE %(withdrawn)s END AS stood_on,
           coalesce(cb.allows, s.is_active) AS stood_allowing,
           coalesce(c.given_at, s.given_at) AS stood_since,
           coalesce(c.force, s.force) AS stood_force,
           coalesce(c.is_own, s.is_own) AS stood_own,
           coalesce(c.source_id, s.source_id) AS stood_source,
           coalesce(c.wording_id, s.wording_id) AS stood_wording
    FROM answer a
    JOIN persons_person p ON p.id = a.person_id
    JOIN purposes_legalbasis b ON b.key = a.basis_id
    LEFT JOIN purposes_purpose purpose ON purpose.key = a.purpose_id
    LEFT JOIN purposes_subscriptiontype type ON type.key = a.type_id
    LEFT JOIN purposes_acceptedbasis accepted
           ON accepted.purpose_id = a.purpose_id AND accepted.basis_id = a.basis_id
    LEFT JOIN persons_consent c ON c.person_id = a.person_id AND c.purpose_id = a.purpose_id
    LEFT JOIN purposes_legalbasis cb ON cb.key = c.basis_id
    LEFT JOIN persons_subscription s ON s.person_id = a.person_id AND s.type_id = a.type_id),
clock AS (SELECT coalesce(%(moment)s, clock_timestamp()) AS moment),
weighed AS (
    SELECT met.*, clock.moment,
           CASE WHEN allows THEN least(met.given_at, CASE WHEN met.given_at IS NOT NULL THEN clock.moment END)
                ELSE least(coalesce(met.given_at, clock.moment), clock.moment) END AS given,
           CASE WHEN %(is_own)s OR (NOT allows AND basis_id = %(objected)s) THEN 2
                WHEN NOT allows OR (%(lifts)s AND file_hash IS NOT NULL) THEN 1
                ELSE 0 END AS force,
           allows AND met.given_at > clock.moment + %(tolerance)s AS is_ahead,
           wording_id IS NOT NULL OR file_hash IS NOT NULL OR length(btrim(comment)) >= %(letters)s
               OR NOT (allows AND (article = %(article_consent)s
                                   OR (article = %(article_interest)s AND purpose_id = %(emarketing)s))) AS is_proven
    FROM met, clock),
compared AS (
    SELECT w.*,
           stood_on = basis_id AND stood_source = source_id AND stood_wording IS NOT DISTINCT FROM wording_id
               AND stood_since IS NOT DISTINCT FROM given AND file_hash IS NULL
               AND w.comment = coalesce((SELECT comment FROM persons_evidence v WHERE v.event_id = stood_by_event), '')
               AS is_equal,
           w.given_at IS NULL AND stood_allowing = allows AND (NOT allows OR stood_on = basis_id) AS is_undated_equal,
           CASE WHEN allows AND NOT stood_allowing AND given > stood_since AND force >= stood_force
                THEN ({held_by}) END AS held_by,
           (SELECT CASE WHEN bool_or(e.is_late) THEN 'late' ELSE 'replaced' END
            FROM persons_consentevent e LEFT JOIN persons_evidence v ON v.event_id = e.id
            WHERE e.person_id = w.person_id AND w.file_hash IS NULL
              AND NOT EXISTS (SELECT FROM persons_consentevent u WHERE u.undoes_id = e.id)
              AND e.purpose_id IS NOT DISTINCT FROM w.purpose_id
              AND e.subscription_type_id IS NOT DISTINCT FROM w.type_id
              AND e.basis_after_id = w.basis_id AND e.source_id = w.source_id
              AND e.wording_id IS NOT DISTINCT FROM w.wording_id AND e.given_at IS NOT DISTINCT FROM w.given
              AND coalesce(v.comment, '') = w.comment
            HAVING count(*) > 0) AS known_as
    FROM weighed w),
decided AS (
    SELECT *, CASE
        WHEN is_gone                                                       THEN 'gone'
        WHEN only_if_none AND stood_on IS NOT NULL                         THEN 'kept'
        WHEN allows AND is_inactive                                        THEN 'inactive'
        WHEN allows AND NOT is_accepted                                    THEN 'not_accepted'
        WHEN is_ahead                                                      THEN 'future'
        WHEN is_equal OR is_undated_equal OR known_as = 'late'             THEN 'same'
        WHEN allows AND NOT stood_allowing AND (given IS NULL OR given > stood_since)
             AND (given IS NULL OR force < greatest(stood_force, held_by)) THEN 'stop_stands'
        WHEN NOT is_proven                                                 THEN 'no_proof'
        WHEN stood_on IS NULL                                              THEN 'recorded'
        WHEN NOT stood_allowing AND allows AND given > stood_since
             AND held_by IS NULL                                           THEN 'recorded'
        WHEN NOT stood_allowing AND NOT allows AND given > stood_since AND force >= stood_force
             AND (stood_on <> %(objected)s OR basis_id = %(objected)s)
             AND (NOT stood_own OR %(is_own)s)                             THEN 'recorded'
        WHEN NOT stood_allowing                                            THEN {late}
        WHEN NOT allows AND stood_since > given
             AND (stood_force >= force OR {is_lifted})                     THEN {late}
        WHEN NOT allows                                                    THEN 'recorded'
        WHEN given > stood_since OR (given IS NOT NULL AND stood_since IS NULL)
             OR (given = stood_since AND %(is_page)s)                      THEN 'recorded'
        ELSE {late} END AS outcome
    FROM compared)"""

# an older answer that does not win: kept, unless the ledger has it already, be it as one that stood for a time
OLDER = "CASE WHEN known_as IS NULL THEN 'late' ELSE 'same' END"


def rounds(answers_sql: str) -> str:
    """Answers, each with its round: of several of one person on one matter each meets what the one before it left."""
    return ROUNDS.format(answers=answers_sql)


def decided(answers_sql: str) -> str:
    """The statement up to its rows `decided`: the answers of one `round`, each with its outcome."""
    return DECIDED.format(rounds=rounds(answers_sql), late=OLDER, is_lifted=IS_LIFTED, held_by=HELD_BY)
