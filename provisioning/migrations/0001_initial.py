"""This migration creates the tables of provisioning."""

import audit.foundation.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('identity', '0002_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Cursor',
            fields=[
                ('chain', models.UUIDField(primary_key=True, serialize=False)),
                ('seq', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=10)),
                ('build', models.CharField(max_length=80)),
                ('started_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(null=True)),
                ('leased_until', models.DateTimeField(null=True)),
                ('leased_by', models.IntegerField(null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('failing_since', models.DateTimeField(null=True)),
                ('last_failed_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=40)),
                ('remote_id', models.CharField(blank=True, max_length=200)),
                ('remote_mac', models.BinaryField(db_default=b'')),
                ('acknowledged_digest', models.CharField(blank=True, max_length=64)),
                ('acknowledged_active', models.BooleanField(null=True)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('acknowledged_rights', models.JSONField(default=dict)),
                ('observed', models.JSONField(null=True)),
                ('checked_at', models.DateTimeField(null=True)),
                ('state', models.CharField(choices=[('up_to_date', 'Up To Date'), ('updating', 'Updating'), ('out_of_date', 'Out Of Date'), ('failed', 'Failed'), ('not_needed', 'Not Needed')], default='updating', max_length=12)),
                ('priority', models.PositiveSmallIntegerField(default=1)),
                ('generation', models.PositiveIntegerField(default=1)),
                ('next_change_at', models.DateTimeField(null=True)),
                ('uncertain_until', models.DateTimeField(null=True)),
                ('act', models.UUIDField(null=True)),
                ('membership', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='identity.membership')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Mail',
            fields=[
                ('due_at', models.DateTimeField(null=True)),
                ('leased_until', models.DateTimeField(null=True)),
                ('leased_by', models.IntegerField(null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('failing_since', models.DateTimeField(null=True)),
                ('last_failed_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=40)),
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('recipient', models.BinaryField()),
                ('body', models.BinaryField()),
                ('message_id_hash', models.CharField(max_length=200, unique=True)),
                ('purpose', models.CharField(max_length=40)),
                ('about', models.UUIDField(null=True)),
                ('organization', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('failed_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='mail_due'), models.Index(fields=['about'], name='mail_about'), models.Index(fields=['purpose', 'created_at'], name='mail_purpose'), models.Index(condition=models.Q(('failing_since__isnull', False)), fields=['failing_since'], name='mail_failing'), models.Index(condition=models.Q(('leased_by__isnull', False)), fields=['leased_by'], name='mail_leased')],
            },
        ),
        migrations.CreateModel(
            name='Target',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=10)),
                ('base_url', models.URLField(max_length=500)),
                ('token', models.BinaryField()),
                ('include_applications', models.JSONField(default=list)),
                ('record_per', models.CharField(choices=[('person', 'Person'), ('membership', 'Membership')], default='person', max_length=10)),
                ('on_removal', models.CharField(choices=[('deactivate', 'Deactivate'), ('delete', 'Delete')], default='deactivate', max_length=10)),
                ('name_form', models.CharField(choices=[('formatted', 'Formatted'), ('given_and_family', 'Given And Family')], default='formatted', max_length=20)),
                ('send_phone', models.BooleanField(default=False)),
                ('media_type', models.CharField(choices=[('application/scim+json', 'Scim'), ('application/json', 'Json')], default='application/scim+json', max_length=30)),
                ('supports_patch', models.BooleanField(default=True)),
                ('without_patch', models.BigIntegerField(null=True)),
                ('verify_writes', models.BooleanField(default=True)),
                ('is_active', models.BooleanField(default=True)),
                ('down_since', models.DateTimeField(null=True)),
                ('pause_until', models.DateTimeField(null=True)),
                ('paused_until', models.DateTimeField(null=True)),
                ('sync_cursor', models.BigIntegerField(null=True)),
                ('synced_at', models.DateTimeField(null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='targets', to='identity.application')),
            ],
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.UUIDField()),
                ('act', models.UUIDField()),
                ('act_at', models.DateTimeField()),
                ('generation', models.PositiveIntegerField()),
                ('done_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='provisioning.account')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='identity.membership')),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='provisioning.target')),
            ],
        ),
        migrations.CreateModel(
            name='DomainCheck',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('organization', models.UUIDField()),
                ('domain', models.CharField(max_length=253)),
                ('result', models.CharField(choices=[('found', 'Found'), ('not_found', 'Not Found'), ('unreachable', 'Unreachable')], max_length=12)),
                ('checked_at', models.DateTimeField()),
                ('failing_since', models.DateTimeField(null=True)),
                ('due_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='domain_check_due')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'domain'), name='domain_check_one_newest')],
            },
        ),
        migrations.CreateModel(
            name='Removal',
            fields=[
                ('act', models.UUIDField(primary_key=True, serialize=False)),
                ('organization', models.UUIDField()),
                ('removed_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='removal_due'), models.Index(condition=models.Q(('due_at__isnull', False)), fields=['organization'], name='removal_open')],
            },
        ),
        migrations.AddField(
            model_name='account',
            name='target',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='provisioning.target'),
        ),
        migrations.CreateModel(
            name='Logout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(null=True)),
                ('leased_until', models.DateTimeField(null=True)),
                ('leased_by', models.IntegerField(null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('failing_since', models.DateTimeField(null=True)),
                ('last_failed_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=40)),
                ('ended_at', models.DateTimeField()),
                ('act', models.UUIDField(null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('refused_at', models.DateTimeField(null=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='identity.client')),
                ('sign_in', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='logouts', to='identity.signin')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['client', 'due_at'], name='logout_due'), models.Index(fields=['act'], name='logout_of_act'), models.Index(condition=models.Q(('failing_since__isnull', False)), fields=['failing_since'], name='logout_failing'), models.Index(condition=models.Q(('leased_by__isnull', False)), fields=['leased_by'], name='logout_leased')],
                'constraints': [models.UniqueConstraint(fields=('sign_in', 'client', 'ended_at'), name='logout_unique')],
            },
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.UniqueConstraint(condition=models.Q(('is_active', True)), fields=('application',), name='target_one_per_application'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['act'], name='delivery_of_act'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('done_at__isnull', True)), fields=['account'], name='delivery_open'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('done_at__isnull', False)), fields=['target', '-done_at'], name='delivery_recent'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('account', 'act', 'membership'), name='delivery_unique'),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['target', 'priority', 'due_at'], name='account_due'),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(condition=models.Q(('next_change_at__isnull', False)), fields=['next_change_at'], name='account_next_change'),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(condition=models.Q(('failing_since__isnull', False)), fields=['failing_since'], name='account_failing'),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(condition=models.Q(('leased_by__isnull', False)), fields=['leased_by'], name='account_leased'),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(condition=models.Q(('state__in', ['failed', 'out_of_date'])), fields=['user'], name='account_needs_attention'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.UniqueConstraint(fields=('target', 'user', 'membership'), name='account_unique', nulls_distinct=False),
        ),
        migrations.CreateModel(
            name='TargetExchange',
            fields=[
                ('id', models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('method', models.CharField(max_length=10)),
                ('path', models.CharField(max_length=500)),
                ('status', models.PositiveSmallIntegerField()),
                ('error', models.CharField(blank=True, max_length=20)),
                ('milliseconds', models.PositiveIntegerField()),
                ('sent', models.TextField(blank=True)),
                ('received', models.TextField(blank=True)),
                ('target', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='provisioning.target')),
            ],
            options={
                'indexes': [models.Index(fields=['target', '-at'], name='exchange_of_target')],
            },
        ),
    ]
