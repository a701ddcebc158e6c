"""The user is created first, because django-allauth's tables refer to it."""

import audit.foundation.ids
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("id", models.UUIDField(default=audit.foundation.ids.uuid7, primary_key=True, serialize=False)),
                (
                    "directory",
                    models.CharField(
                        choices=[("customer", "Customer"), ("staff", "Staff"), ("service", "Service")],
                        default="customer",
                        max_length=10,
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("contact", models.EmailField(blank=True, max_length=254)),
                ("name", models.CharField(max_length=200)),
                ("sort_key", models.CharField(max_length=400)),
                ("phone", models.CharField(blank=True, max_length=16)),
                ("language", models.CharField(blank=True, max_length=10)),
                ("time_zone", models.CharField(blank=True, max_length=40)),
                ("is_active", models.BooleanField(default=True)),
                ("epoch", models.PositiveIntegerField(default=1)),
                ("mail_bounced_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("id", "directory"), name="user_id_and_directory"),
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"),
                        condition=models.Q(("directory", "customer")),
                        name="user_email_unique_for_customers",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_superuser", False)), name="user_no_superusers"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("contact", ""),
                                ("directory", "customer"),
                                models.Q(("email", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("directory", "customer"), _negated=True),
                                ("email", ""),
                                ("password__startswith", "!"),
                            ),
                            _connector="OR",
                        ),
                        name="user_credentials_fit_directory",
                    ),
                ],
            },
        ),
    ]
