"""Which client speaks to which kind of platform."""

from domain.terms import HostKind
from integrations.microblogs.weibo import WeiboClient

CLIENTS = {HostKind.WEIBO: WeiboClient}
