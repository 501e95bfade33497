"""What every store promises, the memory twin included."""

import stat
from pathlib import Path

import pytest

from integrations.objects import MemoryTwin, Store, StoreAway


@pytest.fixture(params=["memory", "folder", "address"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "memory":
        return MemoryTwin()
    return Store(f"file://{tmp_path}/there" if request.param == "address" else None, tmp_path / "objects")


async def test_what_was_put_is_there_and_nothing_else(store: Store):
    await store.put("one/a.jpg", b"picture")
    assert await store.get("one/a.jpg") == b"picture"
    assert await store.get("one/b.jpg") is None
    assert await store.get("two/a.jpg") is None


async def test_a_folder_is_cleared_save_for_one_key(store: Store):
    for key in ("one/a.jpg", "one/b.jpg", "one-and-more/c.jpg"):
        await store.put(key, key.encode())
    await store.clear("one", but="one/b.jpg")
    assert [await store.get(key) for key in ("one/a.jpg", "one/b.jpg")] == [None, b"one/b.jpg"]
    await store.clear("one")
    await store.clear("one")
    assert await store.get("one/b.jpg") is None
    assert await store.get("one-and-more/c.jpg") == b"one-and-more/c.jpg"


@pytest.mark.parametrize("is_address", [False, True])
async def test_a_folder_is_made_for_nobody_else(tmp_path: Path, is_address: bool):
    folder = tmp_path / "of pictures"
    store = Store(folder.as_uri() if is_address else None, folder)
    await store.put("one/a.jpg", b"picture")
    assert (stat.S_IMODE(folder.stat().st_mode), await store.get("one/a.jpg")) == (0o700, b"picture")


async def test_nothing_leads_out_of_the_store(store: Store, tmp_path: Path):
    (tmp_path / "secret").write_text("key")
    with pytest.raises(StoreAway):
        await store.get("../secret")


async def test_a_store_that_is_not_there_is_told_from_one_without_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "REGION": "nowhere"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    away = Store("s3://pictures/here", tmp_path)
    path = tmp_path / "file"
    path.write_bytes(b"rows")
    for asked in (
        away.get("one/a.jpg"),
        away.put("one/a.jpg", b"picture"),
        away.clear("one"),
        away.put_file("one/a.csv", path),
        away.size("one/a.csv"),
        away.part("one/a.csv", 0, 1),
    ):
        with pytest.raises(StoreAway):
            await asked


async def test_a_file_is_kept_whole_and_read_part_by_part(store: Store, tmp_path: Path):
    content = bytes(range(256)) * 50_000
    path = tmp_path / "large"
    path.write_bytes(content)
    await store.put_file("one/large.csv", path)
    assert await store.size("one/large.csv") == len(content)
    assert await store.part("one/large.csv", 300, 20) == content[300:320]
    assert await store.get("one/large.csv") == content
    assert await store.size("one/other.csv") is None
