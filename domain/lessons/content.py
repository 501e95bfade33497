"""What a lesson says, as plain data: the row holds it, and every revision keeps it whole."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from domain.terms import ContentGuidance, FileKind, Licence, ServiceKind, SupervisionLevel, Term


@dataclass(frozen=True)
class Step:
    """A part of a lesson, in its order (教学环节)."""

    title: str
    minutes: int | None = None
    text: str = ""
    materials: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """What a lesson draws on, and where that is from (资料来源)."""

    title: str
    origin: str = ""


@dataclass(frozen=True)
class Plan:
    """How a lesson is taught (教案): for whom, how long, with what, and under whose eyes."""

    age_least: int | None = None
    age_most: int | None = None
    minutes: int | None = None
    goals: tuple[str, ...] = ()
    key_points: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    materials: tuple[str, ...] = ()
    safety_note: str = ""
    supervision: SupervisionLevel = SupervisionLevel.PRESENT
    content_guidance: tuple[ContentGuidance, ...] = ()
    # The narrowest, where nobody has said anything: what others may do is for the authors to say.
    licence: Licence = Licence.PROGRAMME
    sources: tuple[Source, ...] = ()

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Plan":
        """The plan that a column keeps; a field it does not know of yet has its default."""
        known = {field.name for field in fields(cls)}
        given = {name: _tuple(value) for name, value in kept.items() if name in known and value is not None}
        given["steps"] = tuple(Step(**{k: _tuple(v) for k, v in step.items()}) for step in kept.get("steps", ()))
        given["sources"] = tuple(Source(**source) for source in kept.get("sources", ()))
        given["content_guidance"] = tuple(ContentGuidance[each] for each in kept.get("content_guidance", ()))
        if "supervision" in given:
            given["supervision"] = SupervisionLevel[given["supervision"]]
        if "licence" in given:
            given["licence"] = Licence[given["licence"]]
        return cls(**given)


@dataclass(frozen=True)
class Attachment:
    """A picture or document of a lesson (附件): which bytes, and what is said of them."""

    file_id: str
    title: str
    kind: FileKind
    size: int
    sha256: str
    licence: Licence = Licence.PROGRAMME
    # Who made it, to be named with it.
    credit: str = ""
    # What a plain text says: it is looked through with the lesson.
    text: str = ""

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Attachment":
        """What a column keeps."""
        return cls(**{**kept, "kind": FileKind[kept["kind"]], "licence": Licence[kept["licence"]]})


@dataclass(frozen=True)
class Content:
    """All that a lesson says; `authors` name people, so they are kept apart from what everybody reads."""

    title: str
    service: ServiceKind
    theme: str
    text: str
    authors: str = ""
    plan: Plan = Plan()
    attachments: tuple[Attachment, ...] = ()

    @classmethod
    def of_row(cls, lesson: Any) -> "Content":
        """What the row of a lesson holds."""
        texts = (lesson.title, lesson.service, lesson.theme, lesson.text, lesson.authors)
        # A row that was not flushed yet has no default of the column.
        return cls(*texts, Plan.of(lesson.plan), _attachments(lesson.attachments or ()))

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Content":
        """What a revision keeps."""
        attachments = _attachments(kept.get("attachments", ()))
        read = {"service": ServiceKind[kept["service"]], "plan": Plan.of(kept["plan"]), "attachments": attachments}
        return cls(**{**kept, **read})

    def kept(self) -> dict[str, Any]:
        """The same as JSON takes it."""
        kept: dict[str, Any] = _listed(asdict(self))
        return kept

    def put_into(self, lesson: Any) -> None:
        """Make it what the row of a lesson holds."""
        for name in ("title", "service", "theme", "text", "authors"):
            setattr(lesson, name, getattr(self, name))
        lesson.plan = plain(self.plan)
        lesson.attachments = _listed(tuple(asdict(each) for each in self.attachments))


def _attachments(kept: Sequence[Mapping[str, Any]]) -> tuple[Attachment, ...]:
    return tuple(Attachment.of(each) for each in kept)


def plain(plan: Plan) -> dict[str, Any]:
    """A plan as JSON takes it."""
    kept: dict[str, Any] = _listed(asdict(plan))
    return kept


def lines(content: Content) -> dict[str, str]:
    """Every field as text for people to compare, by the name it has in the API; lists have a line for each entry."""
    plan = content.plan
    ages = ["" if age is None else str(age) for age in (plan.age_least, plan.age_most)]
    return {
        "title": content.title,
        "service": content.service.zh,
        "theme": content.theme,
        "text": content.text,
        "authors": content.authors,
        "ages": "-".join(ages) if any(ages) else "",
        "minutes": "" if plan.minutes is None else str(plan.minutes),
        "goals": _joined(plan.goals),
        "keyPoints": _joined(plan.key_points),
        "steps": _joined([_step(step) for step in plan.steps]),
        "materials": _joined(plan.materials),
        "safetyNote": plan.safety_note,
        "supervision": plan.supervision.zh,
        "contentGuidance": _joined([each.zh for each in plan.content_guidance]),
        "licence": plan.licence.zh,
        "sources": _joined([f"{source.title} {source.origin}".strip() for source in plan.sources]),
        "attachments": _joined([_attachment(each) for each in content.attachments]),
    }


def _attachment(each: Attachment) -> str:
    """With the beginning of its hash: other bytes under the same title are a difference."""
    told = f"{each.title}({each.kind.value},{each.size} 字节,{each.sha256[:8]}) {each.licence.zh}"
    return f"{told} {each.credit}".strip()


def _step(step: Step) -> str:
    """Without its number: one that is put in would otherwise change all that follow."""
    head = step.title if step.minutes is None else f"{step.title}({step.minutes} 分钟)"
    return "\n".join(part for part in (head, step.text, "、".join(step.materials)) if part)


def _joined(parts: Sequence[str]) -> str:
    """Each on a line that ends, so that the last one is like the others."""
    return "".join(f"{part}\n" for part in parts)


def _listed(value: Any) -> Any:
    if isinstance(value, Term):
        return value.value
    if isinstance(value, dict):
        return {name: _listed(each) for name, each in value.items()}
    return [_listed(each) for each in value] if isinstance(value, tuple) else value


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
