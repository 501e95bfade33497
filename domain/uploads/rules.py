"""Pure decisions about files: how large, of which kinds, and under which key their bytes are kept."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from domain.access.permissions import Permission
from domain.refusals import Invalid, Reason
from domain.terms import FileKind, PictureKind, UploadPurpose

# How long an address may be used.
LIFE = timedelta(hours=1)
# How long what nobody uses is kept.
KEPT = timedelta(days=1)
FILES_LIMIT = 20
# Of one person in a day: far more than anybody posts, far less than fills a store.
FILES_A_DAY, BYTES_A_DAY = 300, 1024**3
OFFICE = "application/vnd.openxmlformats-officedocument"
DOCUMENTS = {
    "application/pdf": FileKind.PDF,
    f"{OFFICE}.wordprocessingml.document": FileKind.DOCX,
    f"{OFFICE}.presentationml.presentation": FileKind.PPTX,
    f"{OFFICE}.spreadsheetml.sheet": FileKind.XLSX,
    "text/plain": FileKind.TXT,
}
PICTURE_TYPES = frozenset(f"image/{kind.value.lower()}" for kind in PictureKind)


@dataclass(frozen=True)
class Terms:
    """What files for one purpose have to be, and what it takes to hand them in."""

    permission: Permission
    size_limit: int
    content_types: frozenset[str]


MEBIBYTE = 1024 * 1024
TERMS = {
    UploadPurpose.POST_PICTURE: Terms(Permission.POST_EDIT, 10 * MEBIBYTE, PICTURE_TYPES),
    UploadPurpose.LESSON_PICTURE: Terms(Permission.LESSON_EDIT, 10 * MEBIBYTE, PICTURE_TYPES),
    UploadPurpose.LESSON_ATTACHMENT: Terms(Permission.LESSON_EDIT, 20 * MEBIBYTE, frozenset(DOCUMENTS)),
}
SIZE_LIMIT = max(terms.size_limit for terms in TERMS.values())


def check_file(purpose: UploadPurpose, name: str, content_type: str, size: int, *, path: str) -> FileKind | None:
    """Refuse a file that would be refused once it is here, before anybody waits for it; say which document it is."""
    terms = TERMS[purpose]
    if content_type.lower() not in terms.content_types:
        raise Invalid(Reason.FILE_KIND, path=f"{path}.contentType", kinds=", ".join(sorted(terms.content_types)))
    if not 1 <= size <= terms.size_limit:
        raise Invalid(Reason.FILE_SIZE, path=f"{path}.size", limit=terms.size_limit)
    kind = DOCUMENTS.get(content_type.lower())
    if kind is not None and not name.lower().endswith(ending := f".{kind.value.lower()}"):
        raise Invalid(Reason.FILE_KIND, path=f"{path}.name", kinds=ending)
    return kind


def key_of(file_id: UUID | str, digest: str, kind: PictureKind | FileKind) -> str:
    """Where the bytes of a file are in the store: under its id, named by their own hash, so they never change."""
    return f"{file_id}/{digest}.{kind.value.lower()}"


def path_of(file_id: UUID | str, digest: str, kind: FileKind) -> str:
    """Where a file of a lesson is fetched by whoever is given a proof, as `addresses` makes it."""
    return f"/files/{key_of(file_id, digest, kind)}"


def media_type_of(key: str) -> str:
    """How the bytes of a key are announced to whoever fetches them."""
    kind = FileKind[key.rpartition(".")[2].upper()]
    found = next((media_type for media_type, known in DOCUMENTS.items() if known is kind), None)
    return found or f"image/{kind.value.lower()}"


def digest_of(key: str) -> str:
    """The hash that a key names."""
    return key.rpartition("/")[2].partition(".")[0]


def kind_of(key: str) -> PictureKind:
    """The kind that a key names."""
    return PictureKind[key.rpartition(".")[2].upper()]


def are_of(key: str, content: bytes) -> bool:
    """Whether these are the very bytes that the key was made for."""
    return sha256(content).hexdigest() == digest_of(key)
