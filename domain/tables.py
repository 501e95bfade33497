"""All tables of the domain, for whoever needs them together: migrations and tests."""

from domain.access import models as access
from domain.accounts import models as accounts
from domain.audit import models as audit
from domain.base.models import Base
from domain.calendar import models as calendar
from domain.campaigns import models as campaigns
from domain.engagement import models as engagement
from domain.exports import models as exports
from domain.hosts import models as hosts
from domain.lessons import models as lessons
from domain.logins import models as logins
from domain.posts import models as posts
from domain.press import models as press
from domain.publicity import models as publicity
from domain.reports import models as reports
from domain.requests import models as requests
from domain.units import models as units
from domain.uploads import models as uploads
from domain.wording import models as wording

NOUNS = (
    access,
    accounts,
    audit,
    calendar,
    campaigns,
    engagement,
    exports,
    hosts,
    lessons,
    logins,
    posts,
    press,
    publicity,
    reports,
    requests,
    units,
    uploads,
    wording,
)
metadata = Base.metadata
