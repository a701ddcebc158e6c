"""The log: partitioned by month and insert-only from the first migration."""

import uuid

from django.db import migrations, models

import audit.foundation.ids
from audit.foundation import guard_sql as sql

FUNCTIONS = """
CREATE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('keyholder.act', true), '') = '' THEN
        RAISE EXCEPTION 'a write to % outside an act', TG_TABLE_NAME USING ERRCODE = 'KH001';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION audit_guard_act_or_observation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('keyholder.act', true), '') = ''
       AND coalesce(current_setting('keyholder.observation', true), '') = '' THEN
        RAISE EXCEPTION 'a write to % outside an act or an observation', TG_TABLE_NAME USING ERRCODE = 'KH001';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION audit_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'KH002';
END $$;
"""

EVENT_TABLE = """
CREATE TABLE audit_event (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    chain uuid NOT NULL,
    seq bigint,
    act uuid NOT NULL,
    verb varchar(64) NOT NULL,
    outcome varchar(16) NOT NULL,
    actor_kind varchar(16) NOT NULL,
    actor uuid NOT NULL,
    subject_kind varchar(32) NOT NULL,
    subject uuid NOT NULL,
    organization uuid,
    incarnation integer NOT NULL,
    prev bytea,
    hash bytea NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX audit_event_chain ON audit_event (chain, seq);
CREATE INDEX audit_event_organization ON audit_event (organization, at DESC, id DESC);
CREATE INDEX audit_event_subject ON audit_event (subject, at DESC, id DESC);
CREATE INDEX audit_event_actor ON audit_event (actor, at DESC, id DESC);
CREATE TABLE audit_event_default PARTITION OF audit_event DEFAULT;

CREATE FUNCTION audit_ensure_partitions(first date, months integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month date;
    partition_name text;
BEGIN
    FOR i IN 0 .. least(months, 24) - 1 LOOP
        month := (date_trunc('month', first) + make_interval(months => i))::date;
        partition_name := 'audit_event_' || to_char(month, 'YYYYMM');
        IF to_regclass(partition_name) IS NULL
           AND NOT EXISTS (SELECT 1 FROM audit_event_default
                           WHERE at >= month::timestamp AT TIME ZONE 'UTC'
                             AND at < (month + interval '1 month') AT TIME ZONE 'UTC') THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF audit_event FOR VALUES FROM (%L) TO (%L)',
                partition_name, month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
            -- A statement on a partition does not fire the triggers of the table it is a part of.
            EXECUTE format('CREATE TRIGGER keyholder_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                            FOR EACH STATEMENT EXECUTE FUNCTION audit_insert_only()', partition_name);
        END IF;
    END LOOP;
END $$;
SELECT audit_ensure_partitions(current_date, 6);
"""

EXTEND = """
CREATE FUNCTION audit_extend_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Whoever comes without the lock waits here, and is then judged by what the one before left.
    PERFORM 1 FROM audit_chain WHERE id IN (SELECT chain FROM inserted WHERE seq IS NOT NULL) ORDER BY id FOR UPDATE;
    IF EXISTS (
        SELECT 1 FROM (
            SELECT chain, seq, prev, at,
                   lag(seq) OVER w AS seq_before, lag(hash) OVER w AS hash_before, lag(at) OVER w AS at_before
            FROM inserted WHERE seq IS NOT NULL
            WINDOW w AS (PARTITION BY chain ORDER BY seq)
        ) e LEFT JOIN audit_chain c ON c.id = e.chain
        WHERE c.id IS NULL
           OR e.seq <> coalesce(e.seq_before, c.last_seq) + 1
           OR e.prev IS DISTINCT FROM coalesce(e.hash_before, c.last_hash)
           OR e.at < coalesce(e.at_before, c.last_at)
    ) THEN
        RAISE EXCEPTION 'the event does not continue its chain' USING ERRCODE = 'KH003';
    END IF;
    UPDATE audit_chain c SET last_seq = e.seq, last_hash = e.hash, last_at = e.at
    FROM (SELECT DISTINCT ON (chain) chain, seq, hash, at FROM inserted
          WHERE seq IS NOT NULL ORDER BY chain, seq DESC) e
    WHERE c.id = e.chain;
    INSERT INTO audit_inbox (event, at) SELECT id, at FROM inserted;
    PERFORM pg_notify('keyholder_chain', chain::text)
    FROM (SELECT DISTINCT chain FROM inserted WHERE seq IS NOT NULL) e;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_extend_chain AFTER INSERT ON audit_event
REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION audit_extend_chain();
"""

EVENT_STATE = migrations.CreateModel(
    name="Event",
    fields=[
        ("id", models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
        ("at", models.DateTimeField()),
        ("chain", models.UUIDField()),
        ("seq", models.BigIntegerField(null=True)),
        ("act", models.UUIDField()),
        ("verb", models.CharField(max_length=64)),
        (
            "outcome",
            models.CharField(
                choices=[("done", "Done"), ("refused", "Refused"), ("observed", "Observed")], max_length=16
            ),
        ),
        ("actor_kind", models.CharField(max_length=16)),
        ("actor", models.UUIDField()),
        ("subject_kind", models.CharField(max_length=32)),
        ("subject", models.UUIDField()),
        ("organization", models.UUIDField(null=True)),
        ("incarnation", models.PositiveIntegerField()),
        ("prev", models.BinaryField(null=True)),
        ("hash", models.BinaryField()),
        ("body", models.BinaryField()),
    ],
    options={"db_table": "audit_event"},
)

SUPPLIER = uuid.UUID("00000000-0000-7000-8000-000000000002")


class Migration(migrations.Migration):
    """Tables, triggers and the first months."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.RunSQL(
            FUNCTIONS,
            "DROP FUNCTION audit_guard(); DROP FUNCTION audit_guard_act_or_observation(); DROP FUNCTION audit_insert_only();",
        ),
        migrations.CreateModel(
            name="Installation",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("incarnation", models.PositiveIntegerField(default=1)),
            ],
            options={
                "db_table": "audit_installation",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="audit_installation_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="Chain",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("organization", "Organization"),
                            ("person", "Person"),
                            ("supplier", "Supplier"),
                        ],
                        max_length=16,
                    ),
                ),
                ("last_seq", models.BigIntegerField(db_default=0)),
                ("last_hash", models.BinaryField(db_default=b"")),
                ("last_at", models.DateTimeField(null=True)),
                ("row_lock", models.BooleanField(db_default=False)),
            ],
            options={"db_table": "audit_chain"},
        ),
        migrations.CreateModel(
            name="Inbox",
            fields=[
                ("event", models.UUIDField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "audit_inbox"},
        ),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("event", models.UUIDField(unique=True)),
                ("at", models.DateTimeField()),
                ("event_hash", models.BinaryField()),
                ("hash", models.BinaryField()),
            ],
            options={"db_table": "audit_leaf"},
        ),
        migrations.CreateModel(
            name="PersonKey",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("wrapped", models.BinaryField()),
            ],
            options={"db_table": "audit_person_key"},
        ),
        migrations.CreateModel(
            name="Label",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=32)),
                ("name", models.CharField(max_length=320)),
            ],
            options={"db_table": "audit_label"},
        ),
        migrations.CreateModel(
            name="Refusal",
            fields=[
                ("id", models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ("actor", models.UUIDField()),
                ("actor_kind", models.CharField(max_length=16)),
                ("chain", models.UUIDField()),
                ("organization", models.UUIDField(null=True)),
                ("verb", models.CharField(max_length=64)),
                ("subject", models.UUIDField()),
                ("code", models.CharField(max_length=64)),
                ("minute", models.DateTimeField()),
                ("count", models.PositiveIntegerField(default=1)),
            ],
            options={
                "db_table": "audit_refusal",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("actor", "verb", "subject", "code", "minute"),
                        name="audit_refusal_once_a_minute",
                    )
                ],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    EVENT_TABLE,
                    "DROP TABLE audit_event; DROP FUNCTION audit_ensure_partitions(date, integer);",
                ),
                migrations.RunSQL(EXTEND, migrations.RunSQL.noop),
            ],
            state_operations=[EVENT_STATE],
        ),
        migrations.RunSQL(
            [
                sql.insert_only("audit_event"),
                sql.insert_only("audit_event_default"),
                sql.insert_only("audit_leaf"),
                "CREATE INDEX audit_label_name ON audit_label USING gin (name gin_trgm_ops);",
                "INSERT INTO audit_installation (id, incarnation) VALUES (1, 1);",
                (
                    "INSERT INTO audit_chain (id, kind) VALUES (%s, 'supplier');",
                    [SUPPLIER],
                ),
            ],
            migrations.RunSQL.noop,
        ),
    ]
