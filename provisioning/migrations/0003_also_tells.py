"""A target may be told of rights in further applications."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('provisioning', '0002_ended_sign_ins'),
    ]

    operations = [
        migrations.AddField(
            model_name='target',
            name='include_applications',
            field=models.JSONField(default=list),
        ),
    ]
