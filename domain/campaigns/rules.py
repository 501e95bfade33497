"""What may be done with a campaign."""

from domain.access.abilities import Ability
from domain.access.permissions import Permission

# A post joins a campaign when it is scheduled.
ABILITIES = (Ability("schedule_lesson", Permission.CAMPAIGN_EDIT),)
