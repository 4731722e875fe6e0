"""What people should know of a plan that no operation of it says."""

from syncd.bootstrap.decisions import RANDOM
from syncd.config.settings import Settings
from syncd.model.objects import Kind
from syncd.plan.values import Action, Plan
from syncd.report.messages import Words


def notices(settings: Settings, plan: Plan, words: Words) -> tuple[str, ...]:
    """Return a sentence for each thing that people should know before the plan is carried out."""
    new = sum(1 for one in plan.operations if one.kind is Kind.USER and one.action is Action.CREATE)
    return (words.say("notice.passwords", count=new),) if new and are_passwords_lost(settings) else ()


def are_passwords_lost(settings: Settings) -> bool:
    """Whether nobody will know the passwords of new users, and they can sign in with none."""
    return settings.platform.initial_password == RANDOM and not settings.platform.handover
