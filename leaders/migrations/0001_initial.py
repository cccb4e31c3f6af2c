"""The tables of stage 7."""

import django.db.models.deletion
import groupbuy.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('fulfillment', '0002_guards'),
    ]

    operations = [
        migrations.CreateModel(
            name='CommissionEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('leader', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='commissions', to=settings.AUTH_USER_MODEL, verbose_name='团长')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='groupbuy.orderline', verbose_name='订单行')),
                ('source_kind', models.CharField(max_length=24)),
                ('source_id', models.BigIntegerField()),
                ('leg', models.CharField(choices=[('seller', '团长'), ('recommender', '推荐人')], max_length=16, verbose_name='身份')),
                ('pieces', models.IntegerField(verbose_name='件数')),
                ('base_fen', models.BigIntegerField(verbose_name='计佣金额（分）')),
                ('rate_bp', models.PositiveIntegerField(verbose_name='费率（基点）')),
                ('amount_fen', models.BigIntegerField(verbose_name='佣金（分）')),
                ('earned_at', models.DateTimeField(verbose_name='产生时间')),
                ('available_at', models.DateTimeField(verbose_name='可提现时间')),
            ],
            options={
                'verbose_name': '佣金',
                'verbose_name_plural': '佣金',
                'indexes': [models.Index(fields=['leader', '-id'], name='commissionentry_of_leader'), models.Index(fields=['line'], name='commissionentry_of_line')],
                'constraints': [models.UniqueConstraint(fields=('source_kind', 'source_id', 'leg'), name='commissionentry_once'), models.CheckConstraint(condition=models.Q(('leg__in', ['seller', 'recommender'])), name='commissionentry_two_levels')],
            },
        ),
        migrations.CreateModel(
            name='Leader',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='leader', to=settings.AUTH_USER_MODEL, verbose_name='用户')),
                ('kind', models.CharField(choices=[('shop', '便利店/门店'), ('home', '家庭'), ('parcel_station', '快递驿站'), ('property', '物业')], max_length=16, verbose_name='类型')),
                ('invite_code', models.CharField(default=groupbuy.kernel.ids.share_code, max_length=16, unique=True, verbose_name='邀请码')),
                ('recommender', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='推荐人')),
                ('state', models.CharField(choices=[('active', '营业'), ('resting', '休息'), ('suspended', '停用'), ('closed', '关闭')], default='active', max_length=16, verbose_name='状态')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('approved_at', models.DateTimeField(verbose_name='通过时间')),
            ],
            options={
                'verbose_name': '团长',
                'verbose_name_plural': '团长',
                'constraints': [models.CheckConstraint(condition=models.Q(('recommender', None), models.Q(('recommender', models.F('user')), _negated=True), _connector='OR'), name='leader_not_own_recommender')],
            },
        ),
        migrations.CreateModel(
            name='LeaderApplication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=groupbuy.kernel.ids.uuid7, editable=False, unique=True)),
                ('applicant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='applications', to=settings.AUTH_USER_MODEL, verbose_name='申请人')),
                ('name', models.CharField(max_length=64, verbose_name='姓名')),
                ('phone_sealed', models.TextField(editable=False)),
                ('kind', models.CharField(choices=[('shop', '便利店/门店'), ('home', '家庭'), ('parcel_station', '快递驿站'), ('property', '物业')], max_length=16, verbose_name='类型')),
                ('community', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='groupbuy.community', verbose_name='社区')),
                ('point_name', models.CharField(max_length=64, verbose_name='自提点名称')),
                ('address', models.CharField(max_length=200, verbose_name='地址')),
                ('opening_hours', models.CharField(blank=True, max_length=64, verbose_name='营业时间')),
                ('room_m2', models.PositiveIntegerField(default=0, verbose_name='可用面积（平方米）')),
                ('freezer', models.BooleanField(default=False, verbose_name='有冷柜')),
                ('group_size', models.PositiveIntegerField(verbose_name='群人数')),
                ('invite_code', models.CharField(blank=True, max_length=16, verbose_name='邀请码')),
                ('state', models.CharField(choices=[('draft', '草稿'), ('submitted', '已提交'), ('under_review', '审核中'), ('approved', '已通过'), ('rejected', '已驳回'), ('resubmitted', '已重新提交')], default='draft', max_length=16, verbose_name='状态')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='驳回原因')),
                ('submitted_at', models.DateTimeField(null=True, verbose_name='提交时间')),
            ],
            options={
                'verbose_name': '团长申请',
                'verbose_name_plural': '团长申请',
                'indexes': [models.Index(fields=['state', 'submitted_at'], name='leaderapplication_review')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['approved']), _negated=True), fields=('applicant',), name='leaderapplication_one_open')],
            },
        ),
        migrations.CreateModel(
            name='InviteCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(default=groupbuy.kernel.ids.share_code, max_length=16, unique=True, verbose_name='邀请码')),
                ('note', models.CharField(blank=True, max_length=100, verbose_name='说明')),
                ('active', models.BooleanField(default=True, verbose_name='有效')),
            ],
            options={
                'verbose_name': '邀请码',
                'verbose_name_plural': '邀请码',
            },
        ),
    ]
