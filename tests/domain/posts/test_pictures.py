"""A post with a picture: which it may carry, what is frozen of it, what edits do, and what is forgotten."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.ids import first_id_at, new_id
from domain.base.keyring import Keyring
from domain.hosts.rules import WEIBO
from domain.posts import rules
from domain.posts.approvals import approve_post
from domain.posts.commands import Scheduling, cancel_post, duplicate_post, schedule_lesson
from domain.posts.edits import edit_post
from domain.posts.models import Delivery, Post
from domain.posts.pictures import forget_unused, take_unused
from domain.refusals import Conflict, Refusal
from domain.terms import DeliveryState, Level, Role, UploadPurpose
from domain.uploads.models import LessonFile, Picture, Upload
from domain.uploads.rules import key_of
from integrations.objects import MemoryTwin
from tests.factories.deliveries import Scene, change, set_scene
from tests.factories.files import add_file
from tests.factories.gate import add_approval, claim
from tests.factories.people import add_keeper
from tests.factories.pictures import add_picture, jpeg

STORE = MemoryTwin()
UNITS = ("north county", "far county")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=UNITS)


@pytest.fixture
async def editor(session: AsyncSession, scene: Scene) -> Actor:
    return await add_keeper(session, scene.tree["nation"], Role.MEDIA_MANAGER, login="editor")


async def schedule(session: AsyncSession, scene: Scene, actor: Actor, picture: Picture | None) -> Scheduling:
    done = await schedule_lesson(
        session,
        actor,
        now=now(),
        lesson_id=scene.lesson.id,
        unit_id=scene.tree["nation"].id,
        levels=[Level.COUNTY],
        text="图文推介",
        picture_id=picture.id if picture else None,
        publish_at=now() - timedelta(seconds=1),
    )
    await session.commit()
    return done


async def deliveries_of(session: AsyncSession, post: Post) -> Sequence[Delivery]:
    query = select(Delivery).where(Delivery.post_id == post.id).order_by(Delivery.due_at, Delivery.id)
    return (await session.execute(query.execution_options(populate_existing=True))).scalars().all()


async def refusal(session: AsyncSession, command: Any, *args: Any, **given: Any) -> tuple[str, tuple[str, ...]]:
    async with AsyncSession(session.bind) as own:
        with pytest.raises(Refusal) as caught:
            await command(own, *args, **given)
    return caught.value.code, caught.value.path


def key_for(picture: Picture) -> str:
    return key_of(picture.id, picture.sha256, picture.kind)


async def test_every_delivery_freezes_which_bytes_go_with_it(session: AsyncSession, scene: Scene, editor: Actor):
    picture = await add_picture(session, scene.tree["nation"], STORE)
    post = (await schedule(session, scene, editor, picture)).post
    found = await deliveries_of(session, post)
    assert post.picture_id == picture.id
    assert [one.picture_key for one in found] == [key_for(picture)] * 2
    assert [one.key for one in found] == [rules.delivery_key(one.id, one.text, key_for(picture)) for one in found]
    assert all(one.key != rules.delivery_key(one.id, one.text) for one in found)


async def test_a_claim_tells_which_bytes_once_somebody_approved(session: AsyncSession, scene: Scene, editor: Actor):
    picture = await add_picture(session, scene.tree["nation"], STORE)
    post = (await schedule(session, scene, editor, picture)).post
    assert await claim(session) == []
    await add_approval(session, post)
    assert [one.picture_key for one in await claim(session)] == [key_for(picture)] * 2


async def test_a_picture_of_another_unit_or_none_is_not_found(session: AsyncSession, scene: Scene, editor: Actor):
    other = await add_picture(session, scene.tree["east"], STORE)
    old = now() - timedelta(days=2)
    over = await add_picture(session, scene.tree["nation"], STORE, id=first_id_at(old), created_at=old)
    for picture in (other, over, Picture(id=new_id())):
        assert await refusal(session, schedule, scene, editor, picture) == ("NOT_FOUND", ("pictureId",))


@pytest.mark.parametrize(("short", "code"), [(1, None), (0, "PICTURE_SIZE")])
async def test_what_the_platform_would_refuse_is_refused_at_once(
    session: AsyncSession, scene: Scene, editor: Actor, short: int, code: str | None
):
    assert WEIBO.picture is not None
    picture = await add_picture(session, scene.tree["nation"], STORE, size=WEIBO.picture.size_limit - short)
    if code is None:
        assert (await schedule(session, scene, editor, picture)).accounts == 2
    else:
        assert await refusal(session, schedule, scene, editor, picture) == (code, ("pictureId",))


async def test_another_picture_voids_the_approval_and_the_same_one_does_not(
    session: AsyncSession, scene: Scene, editor: Actor
):
    first, second = [await add_picture(session, scene.tree["nation"], STORE, content=jpeg(shade=n)) for n in (1, 2)]
    post = (await schedule(session, scene, editor, first)).post
    await add_approval(session, post)

    async def edit(**given: Any) -> tuple[int, set[str | None], int]:
        edited = await edit_post(session, editor, now=now(), post_id=post.id, expected_version=post.version, **given)
        await session.commit()
        found = await deliveries_of(session, edited.post)
        assert {one.revision for one in found} == {edited.post.revision}
        assert [one.key for one in found] == [rules.delivery_key(one.id, one.text, one.picture_key) for one in found]
        return edited.post.revision, {one.picture_key for one in found}, len(await claim_and_undo(session))

    assert await edit(picture_id=first.id, text=post.text) == (1, {key_for(first)}, 2)
    assert await edit(picture_id=second.id) == (2, {key_for(second)}, 0)
    assert (post.edited_by, post.pictured_by) == (None, editor.user_id)
    # The approval of the first picture is none of the second, nor of the first again.
    assert await edit(picture_id=first.id) == (3, {key_for(first)}, 0)
    assert await edit(drop_picture=True) == (4, {None}, 0)
    assert (post.picture_id, await edit(drop_picture=True)) == (None, (4, {None}, 0))
    await add_approval(session, post)
    assert await edit(lateness=None) == (4, {None}, 2)


async def test_whoever_wrote_the_text_does_not_approve_it_because_another_changed_the_picture(
    session: AsyncSession, scene: Scene
):
    picture = await add_picture(session, scene.tree["nation"], STORE, content=jpeg())
    editor = await add_keeper(session, scene.tree["nation"], login="author")
    post = (await schedule(session, scene, editor, None)).post
    writer = await add_keeper(session, scene.tree["nation"], login="writer")
    painter = await add_keeper(session, scene.tree["nation"], login="painter")
    for actor, given in ((writer, {"text": "更正后的推介"}), (painter, {"picture_id": picture.id})):
        await edit_post(session, actor, now=now(), post_id=post.id, expected_version=post.version, **given)
        await session.commit()
    for actor in (editor, writer, painter):
        with pytest.raises(Conflict) as caught:
            await approve_post(session, actor, now=now(), post_id=post.id, expected_version=post.version)
        assert caught.value.code == "APPROVER_IS_AUTHOR"
    other = await add_keeper(session, scene.tree["nation"], login="other")
    await approve_post(session, other, now=now(), post_id=post.id, expected_version=post.version)


async def claim_and_undo(session: AsyncSession) -> list[Any]:
    found = await claim(session)
    await session.rollback()
    for one in found:
        delivery = await session.get_one(Delivery, one.delivery_id, populate_existing=True)
        await change(session, delivery, state=DeliveryState.SCHEDULED, lease_until=None)
    return found


async def test_the_picture_stays_once_a_delivery_has_begun(session: AsyncSession, scene: Scene, editor: Actor):
    first, second = [await add_picture(session, scene.tree["nation"], STORE, content=jpeg(shade=n)) for n in (1, 2)]
    post = (await schedule(session, scene, editor, first)).post
    await change(session, (await deliveries_of(session, post))[0], state=DeliveryState.PUBLISHED)
    for given in ({"picture_id": second.id}, {"drop_picture": True}):
        wish: dict[str, Any] = {"now": now(), "post_id": post.id, "expected_version": 1, **given}
        assert await refusal(session, edit_post, editor, **wish) == ("POST_PARTLY_SENT", ("pictureId",))


async def test_a_post_scheduled_once_more_carries_the_same_picture_however_old(
    session: AsyncSession, scene: Scene, editor: Actor
):
    picture = await add_picture(session, scene.tree["nation"], STORE)
    post = (await schedule(session, scene, editor, picture)).post
    await change(session, picture, created_at=now() - timedelta(days=90))
    again = await duplicate_post(session, editor, now=now(), post_id=post.id, publish_at=now() + timedelta(days=1))
    await session.commit()
    assert again.post.picture_id == picture.id
    assert {one.picture_key for one in await deliveries_of(session, again.post)} == {key_for(picture)}


async def add_upload(session: AsyncSession, scene: Scene, *, at: datetime, like: Picture | None = None) -> Upload:
    nation, user = scene.tree["nation"], scene.post.created_by
    upload = Upload(
        id=like.id if like else first_id_at(at),
        unit_id=nation.id,
        unit_path=nation.path,
        purpose=UploadPurpose.POST_PICTURE,
        size=1,
        created_at=at,
        created_by=user,
    )
    session.add(upload)
    await session.commit()
    return upload


async def test_what_nobody_uses_is_forgotten_after_a_day_and_what_a_post_carries_stays(
    session: AsyncSession, scene: Scene, editor: Actor
):
    long_ago = now() - timedelta(days=2)
    nation = scene.tree["nation"]

    async def picture(minutes: int) -> Picture:
        at = long_ago + timedelta(minutes=minutes)
        made = await add_picture(session, nation, STORE, id=first_id_at(at))
        await add_upload(session, scene, at=at, like=made)
        return made

    unused, used, cancelled, dropped = [await picture(n) for n in range(4)]
    fresh = await add_picture(session, nation, STORE)
    begun = [await add_upload(session, scene, at=at) for at in (long_ago + timedelta(hours=1), now())]
    await schedule(session, scene, editor, used)
    await cancel_post(session, editor, now=now(), post_id=(await schedule(session, scene, editor, cancelled)).post.id)
    post = (await schedule(session, scene, editor, dropped)).post
    await edit_post(session, editor, now=now(), post_id=post.id, expected_version=1, drop_picture=True)
    await session.commit()

    left = await take_unused(session, now=now())
    await forget_unused(session, left)
    await session.commit()
    assert left == {
        unused.id: None,
        dropped.id: None,
        begun[0].id: None,
        used.id: key_for(used),
        cancelled.id: key_for(cancelled),
    }
    assert set(await session.scalars(select(Picture.id))) == {used.id, cancelled.id, fresh.id}
    assert set(await session.scalars(select(Upload.id))) == {begun[1].id}
    assert await take_unused(session, now=now()) == {}


async def test_a_picture_that_a_post_is_about_to_carry_is_passed_over(
    session: AsyncSession, scene: Scene, editor: Actor
):
    long_ago = now() - timedelta(days=2)
    # Made long ago by its id, and just now by the clock of whoever schedules.
    picture = await add_picture(session, scene.tree["nation"], STORE, id=first_id_at(long_ago))
    async with AsyncSession(session.bind) as scheduling:
        await schedule_lesson(
            scheduling,
            editor,
            now=now(),
            lesson_id=scene.lesson.id,
            unit_id=scene.tree["nation"].id,
            levels=[Level.COUNTY],
            text="图文推介",
            picture_id=picture.id,
            publish_at=now(),
        )
        assert await take_unused(session, now=now()) == {}
        await session.rollback()
        await scheduling.commit()
    assert await take_unused(session, now=now()) == {}


async def test_a_file_that_no_lesson_ever_named_is_forgotten_and_the_others_stay(session: AsyncSession, scene: Scene):
    old, unit = now() - timedelta(days=2), scene.tree["nation"]
    named = await add_file(session, unit, id=first_id_at(old), created_at=old, named_at=old)
    unnamed = await add_file(session, unit, id=first_id_at(old + timedelta(seconds=1)), created_at=old)
    fresh = await add_file(session, unit)
    over = Upload(
        id=named.id,
        unit_id=unit.id,
        unit_path=unit.path,
        purpose=UploadPurpose.LESSON_ATTACHMENT,
        kind=named.kind,
        size=67,
        created_at=old,
        created_by=named.created_by,
    )
    session.add(over)
    await session.commit()
    left = await take_unused(session, now=now())
    assert left == {unnamed.id: None, named.id: key_of(named.id, named.sha256, named.kind)}
    await forget_unused(session, left)
    await session.commit()
    assert set(await session.scalars(select(LessonFile.id))) == {named.id, fresh.id}
    assert list(await session.scalars(select(Upload.id))) == []
