"""What a grant says about the sign-in it came from; a new `sid` after an ended one."""

from django.db import migrations, models

ISSUED = ("authorizationcode", "refreshfamily")


class Migration(migrations.Migration):
    """Nothing was issued before this: the columns need no value for old rows."""

    dependencies = [("identity", "0003_guards")]
    operations = [
        migrations.RemoveConstraint("signin", "sign_in_one_per_organization"),
        migrations.AddConstraint(
            "signin",
            models.UniqueConstraint(
                fields=["session_key", "membership"],
                condition=models.Q(ended_at=None),
                name="sign_in_one_per_organization",
            ),
        ),
        *[migrations.AddField(name, "auth_time", models.DateTimeField()) for name in ISSUED],
        *[migrations.AddField(name, "amr", models.JSONField(default=list)) for name in ISSUED],
    ]
