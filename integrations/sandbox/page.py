"""The pages for people: all statuses, the users, and one timeline; plain HTML without scripts."""

from html import escape
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from integrations.sandbox.dates import beijing_time
from integrations.sandbox.host import Host
from integrations.sandbox.records import Status, User

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

_STATUSES = 30
_USERS = 60
_REFRESH_SECONDS = 5

_CSS = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:0 1rem 3rem}
header{border-bottom:3px solid #c47f00;margin-bottom:1rem}
h1{font-size:1.4rem;margin:.8rem 0 .2rem} h2{font-size:1.1rem}
.note{color:#a15c00;margin:.2rem 0 .8rem}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.5rem;margin:0 0 1rem}
dl div{border:1px solid #8886;border-radius:.4rem;padding:.3rem .6rem} dt{font-size:.8rem;opacity:.75}
dd{margin:0;font-weight:600}
article{border-bottom:1px solid #8886;padding:.6rem 0;overflow-wrap:anywhere}
article p{margin:.2rem 0;white-space:pre-wrap} small{opacity:.75}
.users{columns:12rem;padding-left:1.1rem} a{color:inherit}
input,select,button{font:inherit;max-width:100%;padding:.3rem .5rem;margin:.2rem 0}
select{display:block;width:100%}
"""

_NOTE = (
    "沙盒：互动数据为合成，频次限额已缩放，与新浪微博无关。 / "
    "A sandbox: engagement is synthetic, limits are scaled; not connected with Sina Weibo."
)


async def front(request: Request) -> Response:
    """All statuses, newest first, with `page`; users with `q` as part of their name."""
    host: Host = request.app.state.host
    search = (request.query_params.get("q") or "").strip()
    page = _page_number(request)
    users = _user_list(host, search)
    posts = "".join(
        (
            "<h2>最新微博 / Newest statuses</h2>",
            _status_list(host, host.ledger.newest, page),
            _pager("/", {"q": search}, page, len(host.ledger.newest)),
        )
    )
    # Whoever searches wants the users first; whoever only looks, what was posted.
    body = _figures(host) + (users + posts if search else posts + users)
    refresh = _REFRESH_SECONDS if page == 1 and not search else 0
    return HTMLResponse(frame("微博沙盒 / Microblog sandbox", body, refresh), headers=HEADERS)


async def user_page(request: Request) -> Response:
    """The timeline of one user, newest first."""
    host: Host = request.app.state.host
    user = host.ledger.users.get(request.path_params["uid"])
    if user is None:
        body = '<p>没有这个用户 / No such user</p><p><a href="/">←</a></p>'
        return HTMLResponse(frame("404", body), 404, HEADERS)
    page = _page_number(request)
    total = len(user.statuses)
    about = f"uid {user.uid} · 受众 / audience {user.audience:g} · {total} 条微博 / statuses"
    body = "".join(
        (
            f'<p><a href="/">← 全部 / All</a></p><p><small>{about}</small></p>',
            _status_list(host, user.statuses, page),
            _pager(f"/u/{user.uid}", {}, page, total),
        )
    )
    return HTMLResponse(frame(user.screen_name, body), headers=HEADERS)


def frame(title: str, body: str, refresh: int = 0) -> str:
    """A whole page: the body is HTML already, the title is text; `refresh` is in seconds, 0 for never."""
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    return f"""<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{again}<style>{_CSS}</style></head>
<body><header><h1>{escape(title)}</h1><p class="note">{_NOTE}</p></header>{body}</body></html>
"""


def _figures(host: Host) -> str:
    limits, config = host.limits, host.config
    figures = (
        ("用户 / Users", f"{len(host.ledger.users):,}"),
        ("微博 / Statuses", f"{host.ledger.alive:,}"),
        ("已接收 / Accepted shares", f"{len(host.ledger.journal):,}"),
        ("请求 / Requests", f"{host.requests.total():,}"),
        ("每用户每日请求 / Requests per user a day", f"{limits.user_requests.limit:,}"),
        ("每用户每小时发布 / Posts per user an hour", f"{limits.user_posts.limit:,}"),
        ("每 IP 每小时请求 / Requests per IP an hour", f"{limits.ip_requests.limit:,}"),
        ("限额倍数 / Scale of limits", f"× {config.limit_scale:g}"),
        ("增长时间 / Growth time", f"{config.growth_seconds:g} s"),
    )
    return "<dl>" + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures) + "</dl>"


def _user_list(host: Host, search: str) -> str:
    users = [user for user in host.ledger.users.values() if search in user.screen_name]
    items = "".join(f"<li>{_link(user)} <small>{len(user.statuses)}</small></li>" for user in users[:_USERS])
    shown = min(len(users), _USERS)
    return f"""<form><label>用户 / User <input name="q" value="{escape(search)}"></label>
<button>查找 / Search</button></form>
<p><small>{shown} / {len(users):,} 个用户 / users</small></p><ul class="users">{items}</ul>"""


def _status_list(host: Host, oldest_first: list[Status], page: int) -> str:
    end = max(0, len(oldest_first) - (page - 1) * _STATUSES)
    shown = oldest_first[max(0, end - _STATUSES) : end]
    now = host.clock()
    return "".join(_article(host, status, now) for status in reversed(shown) if not status.deleted)


def _article(host: Host, status: Status, now: float) -> str:
    counts = host.counts(status, now)
    picture = f" · 图 / picture {status.picture.kind}, {status.picture.size:,} B" if status.picture else ""
    author = _link(host.ledger.users[status.uid])
    return f"""<article><small>{author} · {beijing_time(status.created_at)}{picture}</small>
<p>{escape(status.text)}</p>
<small>转发 / reposts {counts.reposts:,} · 评论 / comments {counts.comments:,} ·
赞 / likes {counts.likes:,}</small></article>"""


def _link(user: User) -> str:
    return f'<a href="/u/{user.uid}">{escape(user.screen_name)}</a>'


def _pager(path: str, query: dict[str, str], page: int, total: int) -> str:
    def link(number: int, words: str) -> str:
        return f'<a href="{path}?{escape(urlencode(query | {"page": str(number)}))}">{words}</a> '

    newer = link(page - 1, "← 较新 / Newer") if page > 1 else ""
    older = link(page + 1, "较早 / Older →") if page * _STATUSES < total else ""
    return f"<nav>{newer}{older}</nav>"


def _page_number(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 1
