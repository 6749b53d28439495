"""What guards the ledger whoever writes, SQL included (rules 4.2).

Plain SQL and not declared on the models: a trigger that a session variable can switch off would guard nothing.
"""

from django.db import migrations

APPEND_ONLY = ["act", "consentevent", "seal", "sealedact"]

FUNCTIONS = """
CREATE FUNCTION persons_ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'The ledger is append-only: % on % is refused.', lower(TG_OP), TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION persons_act_awaits_its_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.persons_unsealedact (act_id) SELECT id FROM written;
    RETURN NULL;
END $$;

CREATE FUNCTION persons_event_belongs_to_its_act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT act_id FROM written) w JOIN public.persons_act a ON a.id = w.act_id
               WHERE a.written_in <> pg_current_xact_id()) THEN
        RAISE 'An event is written in the transaction of its act.' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION persons_act_is_dated_by_the_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.recorded_at := clock_timestamp();
    NEW.written_in := pg_current_xact_id();
    RETURN NEW;
END $$;

CREATE FUNCTION persons_wording_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (TG_OP = 'DELETE' OR (OLD.purpose_id, OLD.language, OLD.number, OLD.approval_text, OLD.description,
                             OLD.statement_title, OLD.statement_url)
            IS DISTINCT FROM (NEW.purpose_id, NEW.language, NEW.number, NEW.approval_text, NEW.description,
                              NEW.statement_title, NEW.statement_url))
       AND EXISTS (SELECT FROM public.persons_consentevent WHERE wording_id = OLD.id) THEN
        RAISE 'Answers rest on this wording: it is frozen.' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
"""

TRIGGERS = (
    "".join(
        f"""
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON persons_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION persons_ledger_is_append_only();
"""
        for table in APPEND_ONLY
    )
    + """
CREATE TRIGGER act_awaits_its_seal AFTER INSERT ON persons_act REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION persons_act_awaits_its_seal();
CREATE TRIGGER act_is_dated_by_the_clock BEFORE INSERT ON persons_act
    FOR EACH ROW EXECUTE FUNCTION persons_act_is_dated_by_the_clock();
CREATE TRIGGER event_belongs_to_its_act AFTER INSERT ON persons_consentevent REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION persons_event_belongs_to_its_act();
CREATE TRIGGER wording_is_frozen BEFORE UPDATE OR DELETE ON purposes_wording
    FOR EACH ROW EXECUTE FUNCTION persons_wording_is_frozen();
"""
)

UNDO = (
    "".join(f"DROP TRIGGER ledger_is_append_only ON persons_{table};\n" for table in APPEND_ONLY)
    + """
DROP TRIGGER act_awaits_its_seal ON persons_act;
DROP TRIGGER act_is_dated_by_the_clock ON persons_act;
DROP TRIGGER event_belongs_to_its_act ON persons_consentevent;
DROP TRIGGER wording_is_frozen ON purposes_wording;
DROP FUNCTION persons_ledger_is_append_only, persons_act_awaits_its_seal, persons_event_belongs_to_its_act,
    persons_act_is_dated_by_the_clock, persons_wording_is_frozen;
"""
)


class Migration(migrations.Migration):
    dependencies = [("persons", "0001_initial"), ("purposes", "0001_initial")]
    operations = [migrations.RunSQL(FUNCTIONS + TRIGGERS, UNDO)]
