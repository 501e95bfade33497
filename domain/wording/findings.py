"""What is found in a text: its kind, its place, how grave it is, and what to do instead."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.terms import WordingKind, WordingSeverity

BLOCKS, WARNS = WordingSeverity.BLOCKS, WordingSeverity.WARNS
SHOWN = 5
MASK = "*"


@dataclass(frozen=True)
class Finding:
    """A piece of a text, from `start` up to `end` in characters as Unicode counts them, and what to do about it."""

    kind: WordingKind
    severity: WordingSeverity
    start: int
    end: int
    piece: str
    advice_zh: str
    advice_en: str
    # Which of the texts of a thing it stands in.
    field: str = "text"


@dataclass(frozen=True)
class Told:
    """Findings as a message names them: by kind and place, without the pieces, which may be what must not spread."""

    findings: tuple[Finding, ...]

    @property
    def zh(self) -> str:
        told = [
            f"{each.kind.zh}({in_chinese(each.field)} 第 {each.start + 1}—{each.end} 字)"
            for each in self.findings[:SHOWN]
        ]
        return "、".join(told) + ("等" if len(self.findings) > SHOWN else "")

    def __str__(self) -> str:
        told = [f"{each.kind.value} ({each.field} {each.start + 1}-{each.end})" for each in self.findings[:SHOWN]]
        return ", ".join(told) + (" and more" if len(self.findings) > SHOWN else "")


# What the fields of texts are called; `plan` is where most of a lesson stands, and says nothing.
FIELDS = {
    "text": "正文",
    "title": "标题",
    "theme": "主题",
    "authors": "作者",
    "goals": "教学目标",
    "keyPoints": "教学重点",
    "steps": "教学环节",
    "materials": "材料",
    "safetyNote": "安全提示",
    "sources": "资料来源",
    "origin": "出处",
    "attachments": "附件",
    "credit": "署名",
    "content": "内容",
    "campaign": "推介批次",
    "occasion": "重要日子",
    "lessons": "课程",
    "name": "名称",
    "source": "来源",
    "note": "说明",
    "reason": "理由",
    "remark": "备注",
    "scores": "评分",
    "contact": "联系方式",
    "pictures": "图片",
    "caption": "图片说明",
}


def in_chinese(field: str) -> str:
    """A field as people call it: `plan.steps.1.text` is 教学环节第 2 项正文."""
    parts = [f"第 {int(part) + 1} 项" if part.isdecimal() else FIELDS.get(part, part) for part in field.split(".")]
    return "".join(part for part in parts if part != "plan")


ADVICE: dict[WordingKind, tuple[str, str]] = {
    WordingKind.LABEL: (
        "标签紧挨着具体的孩子:请删去标签,只写孩子做了什么。",
        "The label stands next to a child: take it out, and tell what the child did.",
    ),
    WordingKind.PHONE: (
        "请删去电话号码;确需留联系方式的,请用单位公开电话。",
        "Take the number out; where a contact is needed, give the public line of the body.",
    ),
    WordingKind.IDENTITY_NUMBER: (
        "请删去身份证号码,也不要部分遮挡后公布。",
        "Take the identity number out; do not publish it masked in part either.",
    ),
    WordingKind.EMAIL: (
        "请确认是单位公开邮箱;个人邮箱请删去。",
        "See that it is the public address of a body; take a person's own out.",
    ),
    WordingKind.CHAT_ACCOUNT: (
        "请确认是单位公开账号;个人微信、QQ 号请删去。",
        "See that it is the public account of a body; take a person's own out.",
    ),
    WordingKind.DWELLING: (
        "请确认不是住家地址;活动地点写到场馆或社区即可。",
        "See that nobody lives there; for a venue, its name or community is enough.",
    ),
    WordingKind.SCHOOL_AND_NAME: (
        "学校与孩子姓名同时出现即可认出孩子:请略去其一,或用化名并注明;如为成年人请确认。",
        "School and full name together tell who the child is: leave one out, or use another name and say so;"
        " see whether it is a grown-up.",
    ),
    WordingKind.NAME_AND_AGE: (
        "姓名与年龄或生日同时出现可能认出孩子:请用化名并注明,或略去年龄、生日。",
        "Name and age, or birthday, together may tell who the child is: use another name and say so, or leave it out.",
    ),
}


def found(kind: WordingKind, severity: WordingSeverity, text: str, start: int, end: int) -> Finding:
    """A finding with the advice of its kind."""
    return Finding(kind, severity, start, end, text[start:end], *ADVICE[kind])


def masked(text: str, findings: Iterable[Finding]) -> str:
    """The text without what tells who somebody is; a label tells nobody, and stays to be seen."""
    signs = list(text)
    for each in findings:
        if each.kind is not WordingKind.LABEL:
            signs[each.start : each.end] = MASK * (each.end - each.start)
    return "".join(signs)
