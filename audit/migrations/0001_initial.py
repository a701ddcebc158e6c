"""This migration creates the tables of the log."""

import pathlib

import audit.foundation.ids
from django.db import migrations, models

EVENT_TABLE = pathlib.Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(EVENT_TABLE)],
            state_operations=[
                migrations.CreateModel(
                    name='Event',
                    fields=[
                        ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                        ('at', models.DateTimeField()),
                        ('chain', models.UUIDField()),
                        ('seq', models.BigIntegerField(null=True)),
                        ('act', models.UUIDField()),
                        ('verb', models.CharField(max_length=64)),
                        ('outcome', models.CharField(choices=[('done', 'Done'), ('refused', 'Refused'), ('observed', 'Observed')], max_length=16)),
                        ('actor_kind', models.CharField(max_length=16)),
                        ('actor', models.UUIDField()),
                        ('subject_kind', models.CharField(max_length=32)),
                        ('subject', models.UUIDField()),
                        ('organization', models.UUIDField(null=True)),
                        ('incarnation', models.PositiveIntegerField()),
                        ('prev', models.BinaryField(null=True)),
                        ('hash', models.BinaryField()),
                        ('body', models.BinaryField()),
                        ('mac', models.BinaryField()),
                    ],
                    options={
                        'db_table': 'audit_event',
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name='Inbox',
            fields=[
                ('event', models.UUIDField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
            options={
                'db_table': 'audit_inbox',
            },
        ),
        migrations.CreateModel(
            name='Leaf',
            fields=[
                ('position', models.BigIntegerField(primary_key=True, serialize=False)),
                ('incarnation', models.PositiveIntegerField()),
                ('event', models.UUIDField(unique=True)),
                ('at', models.DateTimeField()),
                ('event_hash', models.BinaryField()),
            ],
            options={
                'db_table': 'audit_leaf',
            },
        ),
        migrations.CreateModel(
            name='Subtree',
            fields=[
                ('pk', models.CompositePrimaryKey('level', 'index', blank=True, editable=False, primary_key=True, serialize=False)),
                ('level', models.PositiveSmallIntegerField()),
                ('index', models.BigIntegerField()),
                ('hash', models.BinaryField()),
            ],
            options={
                'db_table': 'audit_subtree',
            },
        ),
        migrations.CreateModel(
            name='Checkpoint',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('size', models.BigIntegerField()),
                ('signed_at', models.DateTimeField()),
                ('note', models.TextField()),
            ],
            options={
                'db_table': 'audit_checkpoint',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='audit_checkpoint_one_row')],
            },
        ),
        migrations.CreateModel(
            name='PersonKey',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('wrapped', models.BinaryField()),
            ],
            options={
                'db_table': 'audit_person_key',
            },
        ),
        migrations.CreateModel(
            name='Chain',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('organization', 'Organization'), ('person', 'Person'), ('supplier', 'Supplier')], max_length=16)),
                ('last_seq', models.BigIntegerField(db_default=0)),
                ('last_hash', models.BinaryField(db_default=b'')),
                ('last_at', models.DateTimeField(null=True)),
                ('row_lock', models.BooleanField(db_default=False)),
            ],
            options={
                'db_table': 'audit_chain',
                'indexes': [models.Index(condition=models.Q(('last_seq__gt', 0)), fields=['id'], include=('last_seq', 'last_at'), name='chain_with_events')],
            },
        ),
        migrations.CreateModel(
            name='KeyFingerprint',
            fields=[
                ('key_id', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('purpose', models.CharField(max_length=16)),
                ('fingerprint', models.CharField(max_length=64)),
                ('used_from', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'audit_key_fingerprint',
            },
        ),
        migrations.CreateModel(
            name='Installation',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('uid', models.UUIDField()),
                ('incarnation', models.PositiveIntegerField(default=1)),
                ('frozen_at', models.DateTimeField(null=True)),
                ('clock_offset', models.FloatField(db_default=0.0)),
            ],
            options={
                'db_table': 'audit_installation',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='audit_installation_one_row')],
            },
        ),
        migrations.CreateModel(
            name='Refusal',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('actor', models.UUIDField()),
                ('actor_kind', models.CharField(max_length=16)),
                ('chain', models.UUIDField()),
                ('organization', models.UUIDField(null=True)),
                ('verb', models.CharField(max_length=64)),
                ('subject', models.UUIDField()),
                ('subject_kind', models.CharField(default='refusal', max_length=20)),
                ('code', models.CharField(max_length=64)),
                ('fact', models.CharField(default='code', max_length=16)),
                ('outcome', models.CharField(default='refused', max_length=10)),
                ('minute', models.DateTimeField()),
                ('mac', models.BinaryField()),
                ('count', models.PositiveIntegerField(default=1)),
            ],
            options={
                'db_table': 'audit_refusal',
                'constraints': [models.UniqueConstraint(fields=('actor', 'verb', 'subject', 'code', 'minute'), name='audit_refusal_once_a_minute')],
            },
        ),
    ]
