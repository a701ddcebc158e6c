"""The icon of an application, chosen by the supplier's catalogue."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column."""

    dependencies = [("identity", "0012_membership_stays")]
    operations = [
        migrations.AddField(
            model_name="application",
            name="icon",
            field=models.CharField(blank=True, max_length=40),
        ),
    ]
