"""Handing in files, and the window on what came of them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain.terms import FileKind, PictureKind, UploadPurpose
from domain.uploads import commands, models
from domain.uploads.addresses import signed
from domain.uploads.rules import LIFE, key_of, path_of
from schema._acts import KEY, Problem, act
from schema._base import Asked, Count, Node, global_id, ref, shows
from schema.context import Context


def _url(root: strawberry.Parent[Any], info: Asked) -> str:
    context = info.context
    path = f"/pictures/{key_of(root.id, root.sha256, root.kind)}"
    return address(context, path, context.now + LIFE)


def _url_of_file(root: strawberry.Parent[Any], info: Asked) -> str:
    return address(info.context, path_of(root.id, root.sha256, root.kind), info.context.now + LIFE)


def address(context: Context, path: str, until: datetime) -> str:
    """Where whoever has it comes by these bytes, until then."""
    return context.base_url + signed(path, context.door.links, until=until)


@shows(models.Picture)
class Picture(Node):
    kind: PictureKind
    width: Count
    height: Count
    size: Count = strawberry.field(description="In bytes.")
    sha256: str = strawberry.field(description="Of the very bytes that are sent.")
    created_at: datetime
    url: str = strawberry.field(
        resolver=_url,
        description="Where it can be fetched by whoever has the address, for an hour.",
        metadata={"needs": frozenset({"sha256", "kind"})},
    )


@shows(models.LessonFile)
class LessonFile(Node):
    kind: FileKind
    size: Count = strawberry.field(description="In bytes.")
    sha256: str
    created_at: datetime
    named_at: datetime | None = strawberry.field(description="Since when a lesson has it; what none has is forgotten.")
    url: str = strawberry.field(
        resolver=_url_of_file,
        description="Where it can be fetched by whoever has the address, for an hour.",
        metadata={"needs": frozenset({"sha256", "kind"})},
    )


@strawberry.input(description="A file that is to be handed in.")
class UploadFileInput:
    name: str = strawberry.field(
        description="Not kept; that of a document ends as its kind does.",
        metadata={"personal": True},
    )
    content_type: str = strawberry.field(
        description="As in image/jpeg. Of pictures the bytes decide; a document has to be what it says."
    )
    size: int = strawberry.field(description="In bytes.")


@strawberry.input(description="Files that are to be handed in for a unit.")
class BeginUploadsInput:
    unit_id: strawberry.ID = ref("Unit", "The unit they are for.")
    purpose: UploadPurpose
    files: list[UploadFileInput]
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="Where a file goes (上传地址), and what it is called once it is there.")
class UploadAddress:
    id: strawberry.ID = strawberry.field(description="Of the picture, or the file of a lesson, as soon as it is there.")
    name: str
    url: str = strawberry.field(description="PUT the bytes here; good for whoever has it.")
    expires_at: datetime


@strawberry.type(description="An address for each file, in their order.")
class BeginUploadsPayload:
    uploads: list[UploadAddress]


BeginUploadsResult = Annotated[BeginUploadsPayload | Problem, strawberry.union("BeginUploadsResult")]


@strawberry.type
class UploadMutations:
    @strawberry.mutation(description="Begin to hand in files: each is put to an address of its own.")
    async def begin_uploads(self, info: Asked, input: BeginUploadsInput) -> BeginUploadsResult:
        kept = models.Picture if input.purpose is UploadPurpose.POST_PICTURE else models.LessonFile

        def addressed(uploads: list[dict[str, str]]) -> list[UploadAddress]:
            # Made anew for a repetition: what is kept of a request holds no proof, and no name.
            return [
                UploadAddress(
                    id=global_id(kept.__name__, UUID(each["id"])),
                    name=file.name,
                    url=address(info.context, f"/uploads/{each['id']}", datetime.fromisoformat(each["until"])),
                    expires_at=datetime.fromisoformat(each["until"]),
                )
                for each, file in zip(uploads, input.files, strict=True)
            ]

        return await act(
            info,
            input,
            commands.begin_uploads,
            BeginUploadsPayload,
            extras=("uploads",),
            shaped={"uploads": addressed},
        )
