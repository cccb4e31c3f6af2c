"""A refund remembers on which day's bill it stood."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0017_refunds_by_hand")]
    operations = [
        migrations.AddField("refund", "billed_date", models.DateField("对账单日", null=True, editable=False)),
    ]
