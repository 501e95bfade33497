"""Files on their way to us, and what came of them: pictures of posts, and files of lessons."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.terms import FileKind, PictureKind, UploadPurpose


class Upload(Base):
    """A file that somebody was given an address for (上传); forgotten a day later, whatever became of it."""

    __tablename__ = "uploads"
    __table_args__ = (Index(None, "unit_path"), Index(None, "created_by"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    purpose: Mapped[UploadPurpose]
    # Which document was announced: the bytes have to be one. Of a picture they decide themselves.
    kind: Mapped[FileKind | None]
    # How many bytes were announced: what ends earlier was cut off.
    size: Mapped[int]
    # Of the file as it came, once it was kept: the same file may come again, no other.
    sha256: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))


class Picture(Base):
    """A picture as it is sent (图片): what was handed in, written anew so that it tells nothing but what it shows.

    It has the id of its upload, and never changes; its bytes are in the object store.
    """

    __tablename__ = "pictures"
    __table_args__ = (Index(None, "unit_path"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    kind: Mapped[PictureKind]
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    sha256: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))

    reach_column = "unit_path"
    # Whoever sees the posts of a unit sees what is made for them.
    noun = "post"


class LessonFile(Base):
    """A picture or document that lessons may name as an attachment (课程文件).

    It has the id of its upload, and its bytes never change. Whoever sees a revision that names it is given its address,
    too; once one does it stays for as long as that says so.
    """

    __tablename__ = "lesson_files"
    __table_args__ = (Index(None, "unit_path"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    kind: Mapped[FileKind]
    size: Mapped[int]
    sha256: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    # What a plain text says, so far as it can be looked through; other documents are for people to read.
    text: Mapped[str | None]
    # Since when a revision names it.
    named_at: Mapped[datetime | None]

    reach_column = "unit_path"
    noun = "lesson"
