"""Pictures drawn for tests, and what they carry that nobody is to see."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import new_id
from domain.units.models import Unit
from domain.uploads.models import Picture
from domain.uploads.rules import key_of
from integrations.objects import Store
from integrations.pictures.cleaning import cleaned
from tests.factories.units import add_user

MAKER, PLACE, WORDS = b"SecretPhone 7", b"EXIF-NOTE-OF-A-PLACE", b"words that nobody sees"
UPRIGHT, TURNED = 1, 6


def drawn(width: int = 60, height: int = 40, *, mode: str = "RGB", shade: int = 0) -> Image.Image:
    """A gradient: no two shades have the same bytes."""
    return Image.linear_gradient("L").resize((width, height)).point(lambda value: (value + shade) % 256).convert(mode)


def jpeg(*, orientation: int = UPRIGHT, shade: int = 0, **options: Any) -> bytes:
    """A photograph as a telephone makes it, with everything that it tells beside the picture."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x010E] = orientation, MAKER.decode(), PLACE.decode()
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return written(drawn(shade=shade), "JPEG", exif=exif, comment=WORDS, icc_profile=profile, **options)


def gif(*, frames: int = 3, **options: Any) -> bytes:
    """A moving picture that goes round for ever, with a comment."""
    shades: Sequence[Image.Image] = [drawn(mode="P", shade=40 * frame) for frame in range(frames)]
    more = {"save_all": True, "append_images": shades[1:], "loop": 0, "duration": 90} if frames > 1 else {}
    return written(shades[0], "GIF", comment=WORDS, **more, **options)


def written(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of an image."""
    content = BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


async def add_picture(
    session: AsyncSession, unit: Unit, store: Store, *, content: bytes | None = None, **columns: Any
) -> Picture:
    """A picture handed in for a unit, committed, its bytes in the store."""
    found = cleaned(content or jpeg())
    user = await add_user(session, unit, login=f"painter {new_id()}")
    digest = sha256(found.content).hexdigest()
    facts: dict[str, Any] = {
        "id": new_id(),
        "unit_id": unit.id,
        "unit_path": unit.path,
        "kind": found.kind,
        "width": found.width,
        "height": found.height,
        "size": len(found.content),
        "sha256": digest,
        "created_at": datetime.now(UTC),
        "created_by": user.id,
    }
    picture = Picture(**(facts | columns))
    session.add(picture)
    await store.put(key_of(picture.id, digest, found.kind), found.content)
    await session.commit()
    return picture
