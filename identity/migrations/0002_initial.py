"""The other tables refer to the user and to django-allauth's client."""

import audit.foundation.ids
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import datetime as dt

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('allauth_idp_oidc', '0003_client_allow_uri_wildcards'),
        ('identity', '0001_user'),
    ]

    operations = [
        migrations.CreateModel(
            name='BusinessUnit',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('key', models.SlugField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('brand', models.SlugField(blank=True, max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name='Application',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('key', models.SlugField(max_length=40, unique=True)),
                ('name', models.JSONField()),
                ('icon', models.CharField(blank=True, max_length=40)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='identity.businessunit')),
            ],
        ),
        migrations.CreateModel(
            name='Client',
            fields=[
                ('protocol', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='keyholder', serialize=False, to='allauth_idp_oidc.client')),
                ('is_active', models.BooleanField(default=True)),
                ('opened_at', models.DateTimeField(null=True)),
                ('initiate_login_uri', models.URLField(blank=True)),
                ('backchannel_logout_uri', models.URLField(blank=True)),
                ('requires_pkce', models.BooleanField(default=True)),
                ('subject_per_organization', models.BooleanField(default=False)),
                ('secret_made_at', models.DateTimeField(null=True)),
                ('secret_until', models.DateTimeField(null=True)),
                ('former_secret', models.CharField(blank=True, max_length=200)),
                ('former_secret_until', models.DateTimeField(null=True)),
                ('is_native', models.BooleanField(default=False)),
                ('jwks_uri', models.URLField(blank=True)),
                ('requires_par', models.BooleanField(default=False)),
                ('resources', models.TextField(blank=True)),
                ('token_algorithm', models.CharField(default='RS256', max_length=10)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clients', to='identity.application')),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Organization',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('key', models.SlugField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('sort_key', models.CharField(max_length=400)),
                ('register_id', models.CharField(blank=True, max_length=40)),
                ('status', models.CharField(choices=[('active', 'Active'), ('suspended', 'Suspended'), ('closed', 'Closed')], default='active', max_length=10)),
                ('language', models.CharField(default='en', max_length=10)),
                ('time_zone', models.CharField(default='Europe/Helsinki', max_length=40)),
                ('mail_domains', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=253), default=list, size=None)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['sort_key', 'id'], name='organization_by_name')],
            },
        ),
        migrations.CreateModel(
            name='Suspension',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('reason', models.CharField(choices=[('requested', 'Requested'), ('security', 'Security'), ('overdue', 'Overdue'), ('contract_ended', 'Contract Ended'), ('misuse', 'Misuse')], max_length=20)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField(null=True)),
                ('resume_at', models.DateTimeField(db_index=True, null=True)),
                ('suspended_by', models.UUIDField()),
                ('suspended_by_kind', models.CharField(max_length=16)),
                ('act', models.UUIDField()),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suspensions', to='identity.organization')),
            ],
            options={
                'constraints': [
                    django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func('valid_from', 'valid_until', function='TSTZRANGE', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&'), ('organization', '=')], name='suspension_no_overlap'),
                    models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='suspension_not_empty'),
                    models.CheckConstraint(condition=models.Q(('resume_at__isnull', True), ('resume_at__gt', models.F('valid_from')), _connector='OR'), name='suspension_resumes_later'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('directory', models.CharField(default='customer', max_length=10)),
                ('kind', models.CharField(choices=[('person', 'Person'), ('service', 'Service')], default='person', max_length=10)),
                ('title', models.CharField(blank=True, max_length=120)),
                ('former_name', models.CharField(blank=True, max_length=200)),
                ('sort_key', models.CharField(max_length=400)),
                ('epoch', models.PositiveIntegerField(default=1)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='identity.organization')),
            ],
        ),
        migrations.CreateModel(
            name='CustomerNumber',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=40)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='identity.businessunit')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='customer_numbers', to='identity.organization')),
            ],
        ),
        migrations.CreateModel(
            name='TokenFamily',
            fields=[
                ('user_epoch', models.PositiveIntegerField()),
                ('membership_epoch', models.PositiveIntegerField()),
                ('scopes', models.CharField(max_length=400)),
                ('id_token_claims', models.CharField(blank=True, max_length=200)),
                ('resource', models.CharField(blank=True, max_length=200)),
                ('auth_time', models.DateTimeField()),
                ('amr', models.JSONField(default=list)),
                ('issued_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('nonce', models.CharField(blank=True, max_length=512)),
                ('ended_at', models.DateTimeField(null=True)),
                ('logout_at', models.DateTimeField(db_index=True, null=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='identity.client')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='identity.membership')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('logout_at', None), models.Q(('ended_at__isnull', False), ('logout_at', models.F('ended_at'))), _connector='OR'), name='token_family_logout_at_its_end')],
            },
        ),
        migrations.CreateModel(
            name='AccessToken',
            fields=[
                ('hash', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('scopes', models.CharField(max_length=400)),
                ('issued_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('family', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='access_tokens', to='identity.tokenfamily')),
            ],
        ),
        migrations.CreateModel(
            name='RefreshToken',
            fields=[
                ('hash', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('issued_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('family', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='identity.tokenfamily')),
            ],
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('session_key', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('session_data', models.TextField()),
                ('expire_date', models.DateTimeField(db_index=True)),
                ('directory', models.CharField(blank=True, max_length=10)),
                ('epoch', models.PositiveIntegerField(null=True)),
                ('created_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('agent', models.CharField(blank=True, max_length=200)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('directory', 'staff'), _negated=True), name='session_never_for_staff')],
            },
        ),
        migrations.CreateModel(
            name='StaffIdentity',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('issuer', models.CharField(max_length=300)),
                ('subject', models.CharField(max_length=255)),
                ('created_at', models.DateTimeField()),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='staff_identity', to=settings.AUTH_USER_MODEL)),
                ('signed_in_at', models.DateTimeField(null=True)),
                ('roles', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('issuer', 'subject'), name='staff_identity_one_per_subject')],
            },
        ),
        migrations.CreateModel(
            name='BreakGlass',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('link_hash', models.CharField(max_length=80, unique=True)),
                ('enrolls', models.BooleanField()),
                ('opened_at', models.DateTimeField()),
                ('link_expires_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='BreakGlassPasskey',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100)),
                ('credential', models.TextField()),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='StaffSession',
            fields=[
                ('session_key', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('session_data', models.TextField()),
                ('epoch', models.PositiveIntegerField()),
                ('provider_session', models.CharField(blank=True, max_length=255)),
                ('created_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('break_glass', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='identity.breakglass')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='staff_sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['provider_session'], name='staff_session_of_provider')],
            },
        ),
        migrations.CreateModel(
            name='SavedSearch',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('query', models.CharField(max_length=1000)),
                ('created_at', models.DateTimeField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'name'), name='saved_search_one_per_name')],
            },
        ),
        migrations.CreateModel(
            name='StaffLogout',
            fields=[
                ('token', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('issuer', models.CharField(max_length=300)),
                ('subject', models.CharField(blank=True, max_length=255)),
                ('provider_session', models.CharField(blank=True, max_length=255)),
                ('received_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SignIn',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('session_key', models.CharField(max_length=80)),
                ('user_epoch', models.PositiveIntegerField()),
                ('membership_epoch', models.PositiveIntegerField()),
                ('auth_time', models.DateTimeField()),
                ('amr', models.JSONField(default=list)),
                ('started_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('clients', models.ManyToManyField(related_name='sign_ins', to='identity.client')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sign_ins', to='identity.membership')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sign_ins', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='LastSignIn',
            fields=[
                ('membership', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='last_sign_in', serialize=False, to='identity.membership')),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='tokenfamily',
            name='sign_in',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='identity.signin'),
        ),
        migrations.CreateModel(
            name='AuthorizationCode',
            fields=[
                ('user_epoch', models.PositiveIntegerField()),
                ('membership_epoch', models.PositiveIntegerField()),
                ('scopes', models.CharField(max_length=400)),
                ('id_token_claims', models.CharField(blank=True, max_length=200)),
                ('resource', models.CharField(blank=True, max_length=200)),
                ('auth_time', models.DateTimeField()),
                ('amr', models.JSONField(default=list)),
                ('issued_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('hash', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('redirect_uri', models.CharField(max_length=2000)),
                ('nonce', models.CharField(blank=True, max_length=512)),
                ('code_challenge', models.CharField(max_length=128)),
                ('used_at', models.DateTimeField(null=True)),
                ('family', models.UUIDField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='identity.client')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='identity.membership')),
                ('sign_in', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='identity.signin')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('sort_key', models.CharField(max_length=240)),
                ('external_id', models.CharField(blank=True, max_length=80)),
                ('created_at', models.DateTimeField()),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sites', to='identity.organization')),
            ],
        ),
        migrations.CreateModel(
            name='MembershipPeriod',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('active', 'Active'), ('suspended', 'Suspended')], max_length=10)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField(null=True)),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='periods', to='identity.membership')),
            ],
            options={
                'indexes': [models.Index(fields=['membership', 'valid_from'], name='period_of_membership')],
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func('valid_from', 'valid_until', function='TSTZRANGE', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&'), ('membership', '=')], name='period_no_overlap'), models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='period_not_empty')],
            },
        ),
        migrations.AddIndex(
            model_name='membership',
            index=models.Index(fields=['organization', 'sort_key', 'id'], name='membership_by_name'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('organization', 'user'), name='membership_one_per_person'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('directory', 'staff'), _negated=True), name='membership_never_for_staff'),
        ),
        migrations.AddConstraint(
            model_name='customernumber',
            constraint=models.UniqueConstraint(fields=('organization', 'unit'), name='customer_number_one_per_unit'),
        ),
        migrations.AddConstraint(
            model_name='customernumber',
            constraint=models.UniqueConstraint(fields=('unit', 'number'), name='customer_number_unique_in_unit'),
        ),
        migrations.AddIndex(
            model_name='signin',
            index=models.Index(condition=models.Q(('ended_at__isnull', False)), fields=['ended_at'], name='sign_in_ended'),
        ),
        migrations.AddConstraint(
            model_name='signin',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('session_key', 'membership'), name='sign_in_one_per_organization'),
        ),
        migrations.AddConstraint(
            model_name='site',
            constraint=models.UniqueConstraint(fields=('organization', 'name'), name='site_name_in_organization'),
        ),
        migrations.CreateModel(
            name='ServiceUser',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('scopes', models.CharField(max_length=400)),
                ('secret_hash', models.CharField(blank=True, max_length=80)),
                ('former_secret_hash', models.CharField(blank=True, max_length=80)),
                ('former_secret_until', models.DateTimeField(null=True)),
                ('jwks_uri', models.URLField(blank=True)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField()),
                ('organization', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='service_users', to='identity.organization')),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='service_users', to='identity.membership')),
                ('staff_owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='staff_service_users', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ServiceToken',
            fields=[
                ('hash', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('scopes', models.CharField(max_length=400)),
                ('issued_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('service_user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='identity.serviceuser')),
            ],
        ),
        migrations.AddConstraint(
            model_name='serviceuser',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__gt', models.F('valid_from'))), name='service_user_interval_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='serviceuser',
            constraint=models.CheckConstraint(condition=models.Q(('jwks_uri', ''), models.Q(('former_secret_hash', ''), ('secret_hash', '')), _connector='XOR'), name='service_user_has_secret_or_keys'),
        ),
        migrations.AddConstraint(
            model_name='serviceuser',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('former_secret_hash', ''), ('former_secret_until', None)), models.Q(('former_secret_until__isnull', False), models.Q(('former_secret_hash', ''), _negated=True)), _connector='OR'), name='service_user_former_secret_ends'),
        ),
        migrations.AddConstraint(
            model_name='serviceuser',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('organization__isnull', False), ('owner__isnull', False), ('staff_owner__isnull', True)), models.Q(('organization__isnull', True), ('owner__isnull', True), ('staff_owner__isnull', False)), _connector='OR'), name='service_user_one_owner'),
        ),
        migrations.CreateModel(
            name='LookRule',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('mode', models.CharField(choices=[('look', 'Look'), ('prepare', 'Prepare')], max_length=10)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='look_rules', to='identity.organization')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('valid_until', None)), fields=('organization',), name='look_rule_one_in_force')],
            },
        ),
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('membership_epoch', models.PositiveIntegerField()),
                ('session_key', models.CharField(blank=True, max_length=80)),
                ('mode', models.CharField(choices=[('look', 'Look'), ('prepare', 'Prepare')], max_length=10)),
                ('masked', models.BooleanField()),
                ('code_hash', models.CharField(blank=True, max_length=80)),
                ('code_until', models.DateTimeField(null=True)),
                ('allowed_at', models.DateTimeField()),
                ('staff_session', models.CharField(blank=True, max_length=80)),
                ('staff_right', models.UUIDField(null=True)),
                ('begun_at', models.DateTimeField(null=True)),
                ('valid_until', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='looks', to='identity.membership')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='looks', to='identity.organization')),
                ('rule', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='looks', to='identity.lookrule')),
                ('staff', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='looks', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [
                    models.Index(fields=['membership', 'allowed_at'], name='look_of_membership'),
                    models.Index(condition=models.Q(('begun_at', None), ('rule', None)), fields=['code_hash'], name='look_by_code'),
                    models.Index(fields=['staff_session', 'begun_at'], name='look_of_staff_session'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('code_until__isnull', False), ('rule', None), models.Q(('code_hash', ''), _negated=True), models.Q(('session_key', ''), _negated=True)), models.Q(('code_hash', ''), ('code_until', None), ('masked', True), ('rule__isnull', False), ('session_key', '')), _connector='OR'), name='look_by_code_or_rule'),
                    models.CheckConstraint(condition=models.Q(('code_until', None), ('code_until__lte', models.expressions.CombinedExpression(models.F('allowed_at'), '+', models.Value(dt.timedelta(seconds=600)))), _connector='OR'), name='look_code_short'),
                    models.CheckConstraint(condition=models.Q(models.Q(('begun_at', None), ('staff', None), ('staff_right', None), ('staff_session', ''), ('valid_until', None)), models.Q(('begun_at__gte', models.F('allowed_at')), ('staff__isnull', False), ('staff_right__isnull', False), ('valid_until__gt', models.F('begun_at')), ('valid_until__lte', models.expressions.CombinedExpression(models.F('begun_at'), '+', models.Value(dt.timedelta(seconds=1800)))), models.Q(('staff_session', ''), _negated=True), models.Q(('code_until', None), ('begun_at__lt', models.F('code_until')), _connector='OR')), _connector='OR'), name='look_begun_and_short'),
                ],
            },
        ),
        migrations.CreateModel(
            name='LookPage',
            fields=[
                ('look', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='page', serialize=False, to='identity.look')),
                ('route', models.CharField(max_length=60)),
                ('title', models.CharField(max_length=300)),
                ('body', models.TextField()),
                ('subject', models.UUIDField(null=True)),
                ('at', models.DateTimeField()),
            ],
        ),
    ]
