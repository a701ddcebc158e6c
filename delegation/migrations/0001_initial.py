"""The tables of delegation refer to those of identity."""

import audit.foundation.ids
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('identity', '0002_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Role',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('key', models.SlugField(max_length=40, unique=True)),
                ('name', models.JSONField()),
                ('description', models.JSONField()),
                ('rank', models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('all_sites', models.BooleanField(default=False)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField(null=True)),
                ('assigned_by', models.UUIDField()),
                ('assigned_by_kind', models.CharField(max_length=16)),
                ('act', models.UUIDField()),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='identity.membership')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='delegation.role')),
            ],
        ),
        migrations.CreateModel(
            name='Entitlement',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=80, unique=True)),
                ('text', models.JSONField()),
                ('takes_amount', models.BooleanField(default=False)),
                ('takes_sites', models.BooleanField(default=True)),
                ('rank', models.PositiveSmallIntegerField(default=0)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='identity.application')),
            ],
        ),
        migrations.CreateModel(
            name='IdempotencyRecord',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('actor', models.UUIDField()),
                ('key', models.CharField(max_length=200)),
                ('fingerprint', models.CharField(max_length=80)),
                ('outcome', models.JSONField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('actor', 'key'), name='idempotency_key_per_actor')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('language', models.CharField(default='en', max_length=10)),
                ('all_sites', models.BooleanField(default=False)),
                ('limits', models.JSONField(default=list)),
                ('access_until', models.DateTimeField(null=True)),
                ('invited_by', models.UUIDField()),
                ('invited_by_kind', models.CharField(max_length=16)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(null=True)),
                ('cancelled_at', models.DateTimeField(null=True)),
                ('membership', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.membership')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='identity.organization')),
                ('sites', models.ManyToManyField(related_name='+', to='identity.site')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='delegation.role')),
            ],
        ),
        migrations.CreateModel(
            name='RoleVersion',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('verbs', models.JSONField(default=list)),
                ('assignable_roles', models.JSONField(default=list)),
                ('max_assignment_days', models.PositiveIntegerField(null=True)),
                ('required_assurance', models.CharField(choices=[('password', 'Password'), ('mfa', 'Mfa')], default='password', max_length=10)),
                ('is_admin', models.BooleanField(default=False)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField(null=True)),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='delegation.role')),
            ],
        ),
        migrations.CreateModel(
            name='RoleEntitlement',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('allowed', models.BooleanField(default=True)),
                ('assignable', models.BooleanField(default=False)),
                ('max_assignable_amount', models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                ('max_assignable_currency', models.CharField(blank=True, max_length=3)),
                ('entitlement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='delegation.entitlement')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entitlements', to='delegation.roleversion')),
            ],
        ),
        migrations.CreateModel(
            name='AssignmentSite',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sites', to='delegation.assignment')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.site')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('assignment', 'site'), name='assignment_site_unique')],
            },
        ),
        migrations.CreateModel(
            name='Ceiling',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ceilings', to='identity.organization')),
                ('entitlement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='delegation.entitlement')),
            ],
            options={
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func('valid_from', 'valid_until', function='TSTZRANGE', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&'), ('organization', '='), ('entitlement', '=')], name='ceiling_no_overlap')],
            },
        ),
        migrations.CreateModel(
            name='AssignmentLimit',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('period', models.CharField(choices=[('order', 'Order'), ('day', 'Day'), ('week', 'Week'), ('month', 'Month'), ('quarter', 'Quarter'), ('year', 'Year')], default='order', max_length=10)),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='limits', to='delegation.assignment')),
                ('entitlement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='delegation.entitlement')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('assignment', 'entitlement'), name='assignment_limit_unique'), models.CheckConstraint(condition=models.Q(('amount__isnull', True), ('amount__gte', 0), _connector='OR'), name='limit_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='AbsenceClaim',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('person', models.UUIDField()),
                ('reason', models.CharField(choices=[('left', 'Left'), ('away', 'Away'), ('other_work', 'Other Work'), ('unsure', 'Unsure')], max_length=10)),
                ('claimed_by', models.UUIDField()),
                ('claimed_at', models.DateTimeField()),
                ('act', models.UUIDField()),
                ('answer_by', models.DateTimeField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('here', 'Here'), ('withdrawn', 'Withdrawn'), ('dismissed', 'Dismissed'), ('removed', 'Removed')], default='open', max_length=10)),
                ('closed_by', models.UUIDField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.membership')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization')),
            ],
            options={
                'indexes': [models.Index(fields=['organization', 'state'], name='absence_claim_of_organization'), models.Index(condition=models.Q(('state', 'open')), fields=['answer_by'], name='absence_claim_unanswered')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('membership',), name='absence_claim_one_open'), models.CheckConstraint(condition=models.Q(('answer_by__gt', models.F('claimed_at')), models.Q(('claimed_by', models.F('person')), _negated=True)), name='absence_claim_of_another_person'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('closed_by', None), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at__gte', models.F('claimed_at')), ('closed_by__isnull', False)), _connector='OR'), name='absence_claim_closed_with_state'), models.CheckConstraint(condition=models.Q(('state__in', ['open', 'removed']), models.Q(('closed_by', models.F('person')), ('state', 'here')), models.Q(('closed_by', models.F('claimed_by')), ('state', 'withdrawn')), models.Q(('state', 'dismissed'), models.Q(('closed_by', models.F('person')), _negated=True), models.Q(('closed_by', models.F('claimed_by')), _negated=True)), _connector='OR'), name='absence_claim_closed_by_the_right_person')],
            },
        ),
        migrations.CreateModel(
            name='FactorRecovery',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('recognition', models.CharField(choices=[('called_back', 'Called Back'), ('admin', 'Admin'), ('contact', 'Contact'), ('document', 'Document'), ('in_person', 'In Person')], max_length=20)),
                ('state', models.CharField(choices=[('open', 'Open'), ('agreed', 'Agreed'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn'), ('used', 'Used')], default='open', max_length=10)),
                ('opened_by', models.UUIDField()),
                ('opened_at', models.DateTimeField()),
                ('act', models.UUIDField()),
                ('decided_by', models.UUIDField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('usable_from', models.DateTimeField(null=True)),
                ('ends_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.membership')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization')),
            ],
            options={
                'indexes': [models.Index(fields=['membership', 'state'], name='recovery_of_membership')],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['agreed', 'used']), _negated=True), models.Q(('decided_by__isnull', False), ('usable_from__isnull', False), models.Q(('decided_by', models.F('opened_by')), _negated=True)), _connector='OR'), name='recovery_agreed_by_another_person'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'used'), ('used_at__isnull', False)), models.Q(models.Q(('state', 'used'), _negated=True), ('used_at__isnull', True)), _connector='OR'), name='recovery_used_with_state'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CatalogueProposal',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('file', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('version', models.CharField(max_length=64)),
                ('lose', models.PositiveIntegerField()),
                ('gain', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('applied', 'Applied'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn'), ('void', 'Void')], default='open', max_length=10)),
                ('proposed_by', models.UUIDField()),
                ('proposed_by_kind', models.CharField(max_length=16)),
                ('proposed_at', models.DateTimeField()),
                ('act', models.UUIDField()),
                ('decided_by', models.UUIDField(null=True)),
                ('decided_by_kind', models.CharField(blank=True, max_length=16)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_act', models.UUIDField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('digest',), name='proposal_open_once'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='proposal_decided_with_state'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'applied'), _negated=True), models.Q(('decided_by_kind', 'staff'), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='proposal_applied_by_another_person')],
            },
        ),
        migrations.CreateModel(
            name='CatalogueWave',
            fields=[
                ('act', models.UUIDField(primary_key=True, serialize=False)),
                ('roles', models.JSONField()),
                ('at', models.DateTimeField()),
                ('position', models.UUIDField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='CeilingTemplate',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('key', models.SlugField(max_length=40, unique=True)),
                ('name', models.JSONField()),
                ('units', models.JSONField(default=list)),
                ('offer', models.JSONField()),
                ('rank', models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='UnitCeiling',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField(null=True)),
                ('entitlement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='delegation.entitlement')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization')),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.businessunit')),
            ],
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('reason', models.CharField(choices=[('overdue', 'Overdue'), ('contract_ended', 'Contract Ended'), ('insolvency', 'Insolvency'), ('misuse', 'Misuse')], max_length=20)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField(null=True)),
                ('placed_by', models.UUIDField()),
                ('placed_by_kind', models.CharField(max_length=16)),
                ('act', models.UUIDField()),
                ('application', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.application')),
                ('entitlement', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='delegation.entitlement')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='identity.organization')),
            ],
            options={
                'constraints': [
                    django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func('valid_from', 'valid_until', function='TSTZRANGE', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&'), ('organization', '='), ('entitlement', '=')], name='hold_no_overlap'),
                    django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func('valid_from', 'valid_until', function='TSTZRANGE', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&'), ('organization', '='), ('application', '=')], name='hold_of_application_no_overlap'),
                    models.CheckConstraint(condition=models.Q(models.Q(('application__isnull', True), ('entitlement__isnull', False)), models.Q(('application__isnull', False), ('entitlement__isnull', True)), _connector='OR'), name='hold_stops_one_thing'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PlannedRemoval',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('ends_at', models.DateTimeField()),
                ('planned_at', models.DateTimeField()),
                ('planned_by', models.UUIDField()),
                ('planned_by_kind', models.CharField(max_length=16)),
                ('act', models.UUIDField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, choices=[('cancelled', 'Cancelled'), ('replaced', 'Replaced'), ('carried_out', 'Carried Out')], max_length=12)),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='planned_removals', to='identity.membership')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('closed_at', None)), fields=['ends_at'], name='planned_removal_due')],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('membership',), name='planned_removal_one_open'),
                    models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('planned_at'))), name='planned_removal_ahead'),
                    models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('outcome', '')), models.Q(('closed_at__isnull', False), ('outcome__in', ['cancelled', 'replaced', 'carried_out'])), _connector='OR'), name='planned_removal_closed_with_outcome'),
                    models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'carried_out'), _negated=True), ('closed_at__gte', models.F('ends_at')), _connector='OR'), name='planned_removal_not_early'),
                    models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'cancelled'), _negated=True), ('closed_at__lt', models.F('ends_at')), _connector='OR'), name='planned_removal_cancelled_in_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='StaffScope',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('organization', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization')),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.businessunit')),
            ],
            options={
                'permissions': [('support', 'support'), ('senior_support', 'senior_support'), ('account_manager', 'account_manager'), ('catalogue_owner', 'catalogue_owner'), ('operator', 'operator'), ('auditor', 'auditor'), ('owner', 'owner')],
                'default_permissions': (),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('unit__isnull', True), ('organization__isnull', True), _connector='OR'), name='staff_scope_names_one_part'),
                    models.UniqueConstraint(fields=('unit', 'organization'), name='staff_scope_unique', nulls_distinct=False),
                ],
            },
        ),
        migrations.CreateModel(
            name='StaffRight',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('role', models.CharField(max_length=20)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField(null=True)),
                ('given_by', models.UUIDField()),
                ('given_by_kind', models.CharField(max_length=16)),
                ('act', models.UUIDField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='staff_rights', to='identity.user')),
                ('scope', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rights', to='delegation.staffscope')),
            ],
            options={
                'indexes': [models.Index(fields=['scope', 'role'], name='staff_right_of_scope')],
                'constraints': [
                    django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func('valid_from', 'valid_until', function='TSTZRANGE', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&'), ('user', '='), ('role', '='), ('scope', '=')], name='staff_right_no_overlap'),
                    models.CheckConstraint(condition=models.Q(('role__in', ['support', 'senior_support', 'account_manager', 'catalogue_owner', 'operator', 'auditor', 'owner'])), name='staff_right_known_role'),
                    models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='staff_right_ends_after_it_begins'),
                ],
            },
        ),
        migrations.CreateModel(
            name='StaffPermission',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='identity.user')),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='delegation.staffscope')),
            ],
            options={
                'abstract': False,
                'unique_together': {('user', 'permission', 'content_object')},
            },
        ),
        migrations.CreateModel(
            name='InvitationToken',
            fields=[
                ('hash', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField()),
                ('invitation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='delegation.invitation')),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='invitation_token_created')],
            },
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(condition=models.Q(('accepted_at', None), ('cancelled_at', None)), fields=('organization', 'email', 'invited_by'), name='invitation_one_open_per_sender'),
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(fields=['membership', 'valid_from'], name='assignment_of_membership'),
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(condition=models.Q(('valid_until__isnull', True)), fields=['organization', 'role'], name='assignment_without_end'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='assignment_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='roleversion',
            constraint=models.UniqueConstraint(fields=('role', 'number'), name='role_version_number'),
        ),
        migrations.AddConstraint(
            model_name='roleversion',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func('valid_from', 'valid_until', function='TSTZRANGE', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&'), ('role', '=')], name='role_version_no_overlap'),
        ),
        migrations.AddConstraint(
            model_name='roleentitlement',
            constraint=models.UniqueConstraint(fields=('version', 'entitlement'), name='role_entitlement_unique'),
        ),
        migrations.CreateModel(
            name='PreparedForm',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('invite', 'Invite'), ('access', 'Access'), ('removal', 'Removal')], max_length=10)),
                ('membership', models.UUIDField(null=True)),
                ('content', models.JSONField()),
                ('prepared_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('look', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prepared', to='identity.look')),
            ],
        ),
        migrations.CreateModel(
            name='CustomerContact',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('contact', models.UUIDField()),
                ('kind', models.CharField(choices=[('invoice', 'Invoice'), ('contract', 'Contract')], max_length=10)),
                ('name', models.CharField(max_length=200)),
                ('email', models.CharField(blank=True, max_length=254)),
                ('phone', models.CharField(blank=True, max_length=20)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField(null=True)),
                ('added_by', models.UUIDField()),
                ('added_by_kind', models.CharField(max_length=16)),
                ('act', models.UUIDField()),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='identity.organization')),
            ],
            options={
                'indexes': [models.Index(fields=['organization', 'valid_from'], name='contact_of_organization')],
                'constraints': [
                    django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func('valid_from', 'valid_until', function='TSTZRANGE', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&'), ('contact', '=')], name='contact_no_overlap'),
                    models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='contact_not_empty'),
                    models.CheckConstraint(condition=models.Q(('email', ''), ('phone', ''), _negated=True), name='contact_is_reachable'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DomainVerification',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('domain', models.CharField(max_length=253)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField(null=True)),
                ('act', models.UUIDField()),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='domain_verifications', to='identity.organization')),
            ],
            options={
                'constraints': [
                    django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func('valid_from', 'valid_until', function='TSTZRANGE', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&'), ('organization', '='), ('domain', '=')], name='domain_verified_no_overlap'),
                    models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='domain_verified_not_empty'),
                ],
            },
        ),
    ]
