"""A picture for the demo's post: drawn, of nobody and no place."""

from io import BytesIO

from PIL import Image

from api.cli import client
from api.cli.client import ApiClient

# The seven colours of the programme's name.
COLOURS = ("#d7263d", "#f46036", "#f5d547", "#4fb06d", "#2bb3c0", "#2e5eaa", "#6a4c93")
WIDTH, HEIGHT = 640, 360


def drawn() -> bytes:
    """Seven stripes, as a JPEG."""
    image = Image.new("RGB", (WIDTH, HEIGHT))
    for place, colour in enumerate(COLOURS):
        left, right = (WIDTH * edge // len(COLOURS) for edge in (place, place + 1))
        image.paste(Image.new("RGB", (right - left, HEIGHT), colour), (left, 0))
    content = BytesIO()
    image.save(content, "JPEG")
    return content.getvalue()


async def hand_in(front: ApiClient, unit: str) -> str:
    """Hand the picture in for a unit, as any front end does; its id."""
    content = drawn()
    file = {"name": "qicai.jpg", "contentType": "image/jpeg", "size": len(content)}
    given = {"unitId": unit, "purpose": "POST_PICTURE", "files": [file]}
    (one,) = (await front.ask(client.BEGIN_UPLOADS, input=given))["beginUploads"]["uploads"]
    await front.put(one["url"], content)
    return str(one["id"])
