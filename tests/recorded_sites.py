"""Sites that can't run here, as transports that answer in their documented shapes and keep state like they do.

Each class names the public source of its shape. `stands` maps a comment's id there to where it stands; `silent` makes
writes answer yes and change nothing; `answer_with` replaces every answer.
"""

# ruff: noqa: RUF012  # shared values that nobody writes

import json
from urllib.parse import parse_qs

import httpx

BODY = "They said it would be done by May."


class RecordedSite:
    """Base: counts requests, and lets a test replace the answers."""

    def __init__(self):
        self.requests = []
        self.writes = []
        self.silent = False
        self.answer_with = None
        self.transport = httpx.MockTransport(self._handle)

    def _handle(self, request):
        self.requests.append(request)
        if self.answer_with is not None:
            return self.answer_with(request)
        return self.answer(request)

    def write(self, number, status):
        self.writes.append((number, status))
        if not self.silent:
            self.stands[number] = status


class Disqus(RecordedSite):
    """Source: https://disqus.com/api/docs/posts/list/, details, approve, spam, and https://disqus.com/api/docs/errors/."""

    ids = ("11", "12", "13")
    settings = {"api_key": "KEY-SECRET", "token": "TOKEN-SECRET", "options": {"forum": "bobross"}}
    refusal = (400, {"code": 5, "response": "Invalid API key"})
    limit = (400, {"code": 14, "response": "You have exceeded your rate limit"})

    def __init__(self):
        super().__init__()
        self.bodies = dict.fromkeys(self.ids, BODY)
        self.stands = dict.fromkeys(self.ids, "pending")

    def item(self, number):
        stands = self.stands[number]
        return {
            "isJuliaFlagged": False,
            "isFlagged": False,
            "forum": "bobross",
            "parent": 11 if number == "12" else None,
            "author": {"username": "ann", "name": "Ann", "id": "7", "isAnonymous": False, "email": "a@example.test"},
            "isApproved": stands == "approved",
            "isSpam": stands == "spam",
            "isDeleted": stands == "remove",
            "dislikes": 1,
            "likes": 4,
            "raw_message": self.bodies[number],
            "message": f"<p>{self.bodies[number]}</p>",
            "id": number,
            "thread": {"id": "1", "link": "https://news.example/bridge", "clean_title": "The bridge"},
            "createdAt": "2026-06-10T01:32:08",
        }

    def answer(self, request):
        form = parse_qs(request.content.decode()) if request.method == "POST" else {}
        params = {key: values[0] for key, values in form.items()} or dict(request.url.params)
        assert (params["api_key"], params["access_token"]) == ("KEY-SECRET", "TOKEN-SECRET")
        what = request.url.path.rsplit("/", 1)[1]
        number = params.get("post")
        if what == "list.json":
            held = [each for each in self.ids if self.stands[each] == "pending"]
            start = int(params.get("cursor", "0:0:0").split(":")[1])
            page = held[start : start + 2]
            more = start + 2 < len(held)
            cursor = {"hasNext": more, "next": f"0:{start + 2}:0", "prev": None, "hasPrev": start > 0, "more": more}
            return httpx.Response(
                200, json={"cursor": cursor, "code": 0, "response": [self.item(each) for each in page]}
            )
        if number not in self.stands:
            return httpx.Response(400, json={"code": 8, "response": "Unable to find a post"})
        if what == "details.json":
            return httpx.Response(200, json={"code": 0, "response": self.item(number)})
        self.write(number, {"approve.json": "approved"}.get(what, what.removesuffix(".json")))
        return httpx.Response(200, json={"code": 0, "response": [{"id": number}]})


class Coral(RecordedSite):
    """Source: coralproject/talk, server/src/core/server/graph/schema/schema.graphql; errors with extensions.code."""

    ids = ("c1", "c2", "c3")
    settings = {"url": "https://coral.example", "token": "TOKEN-SECRET"}
    refusal = (200, {"errors": [{"message": "token invalid", "extensions": {"code": "TOKEN_INVALID"}}]})
    limit = (200, {"errors": [{"message": "slow down", "extensions": {"code": "RATE_LIMIT_EXCEEDED"}}]})

    def __init__(self):
        super().__init__()
        self.bodies = dict.fromkeys(self.ids, BODY)
        self.stands = dict.fromkeys(self.ids, "PREMOD")
        self.reasons = []

    def item(self, number):
        return {
            "id": number,
            "status": self.stands[number],
            "createdAt": "2026-06-10T01:32:08.000Z",
            "parent": self.parent("c1") if number == "c2" else None,
            "author": {"id": "u1", "username": "ann"},
            "story": {"url": "https://news.example/bridge", "metadata": {"title": "The bridge"}},
            "revision": {"id": f"r-{number}", "body": f"<div>{self.bodies[number]}</div>"},
        }

    def parent(self, number):
        author = {"id": "u1", "username": "ann"}
        return {"id": number, "body": self.bodies[number], "createdAt": "2026-06-10T01:30:00.000Z", "author": author}

    def answer(self, request):
        assert request.headers["Authorization"] == "Bearer TOKEN-SECRET"
        asked = json.loads(request.content)
        given = asked["variables"]
        if "moderationQueues" in asked["query"]:
            held = [each for each in self.ids if self.stands[each] == "PREMOD"]
            start = int(given["after"] or 0)
            page = {"hasNextPage": start + 2 < len(held), "endCursor": str(start + 2)}
            comments = {"nodes": [self.item(each) for each in held[start : start + 2]], "pageInfo": page}
            return self.data(moderationQueues={"pending": {"count": len(held), "comments": comments}})
        if "comment(id" in asked["query"]:
            number = given["id"]
            return self.data(comment=self.item(number) if number in self.stands else None)
        target = given["input"]
        number = target["commentID"]
        assert target["commentRevisionID"] == f"r-{number}"
        name, status = ("approveComment", "APPROVED") if "approve" in asked["query"] else ("rejectComment", "REJECTED")
        if status == "REJECTED":
            self.reasons.append(target["reason"]["code"])
        self.write(number, status)
        return self.data(**{name: {"comment": {"status": self.stands[number]}}})

    def data(self, **given):
        return httpx.Response(200, json={"data": given})


class Discourse(RecordedSite):
    """Source: discourse/discourse, app/controllers/reviewables_controller.rb and its serializers, posts#by_number."""

    ids = tuple(f"{number}.0" for number in range(1, 24))
    settings = {"url": "https://forum.example", "username": "anna", "api_key": "KEY-SECRET"}
    refusal = (403, {"errors": ["You are not permitted"], "error_type": "invalid_access"})
    limit = (429, {"errors": ["You've performed this action too many times"], "extras": {"wait_seconds": 4000}})

    def __init__(self):
        super().__init__()
        self.bodies = dict.fromkeys(self.ids, BODY)
        self.stands = dict.fromkeys(self.ids, 0)
        self.version = 0

    def item(self, name):
        number = int(name.split(".")[0])
        return {
            "id": number,
            "type": "ReviewableQueuedPost",
            "status": self.stands[name],
            "version": self.version,
            "created_at": f"2026-06-10T01:{number // 3:02}:08.000Z",
            "target_url": "/t/the-bridge/7",
            "topic_id": 7,
            "created_by_id": 5,
            **({"reply_to_post_number": 3} if number == 2 else {}),
            "payload": {"raw": self.bodies[name], "title": "The bridge"},
            "bundled_action_ids": [f"{number}-main"],
        }

    def answer(self, request):
        assert (request.headers["Api-Key"], request.headers["Api-Username"]) == ("KEY-SECRET", "anna")
        parts = request.url.path.strip("/").split("/")
        if parts[0] == "posts":
            assert parts == ["posts", "by_number", "7", "3.json"]
            stamp = {"topic_id": 7, "post_number": 3, "created_at": "2026-06-10T01:32:08.000Z"}
            post = {"id": 30, "username": "bo", "user_id": 6, "raw": BODY, "cooked": f"<p>{BODY}</p>", **stamp}
            return httpx.Response(200, json=post)
        if parts == ["review.json"]:
            held = [each for each in self.ids if self.stands[each] == 0]
            offset = int(request.url.params["offset"])
            page = [self.item(each) for each in held[offset : offset + 10]]
            meta = {"total_rows_reviewables": len(held)}
            return httpx.Response(
                200, json={"reviewables": page, "users": [{"id": 5, "username": "ann"}], "meta": meta}
            )
        name = parts[1].removesuffix(".json") + ".0"
        if name not in self.stands:
            return httpx.Response(404, json={"errors": ["not found"], "error_type": "not_found"})
        if len(parts) == 2:
            number = parts[1].removesuffix(".json")
            bundle = {"id": f"{number}-main", "action_ids": ["approve_post", "reject_post"]}
            return httpx.Response(200, json={"reviewable": self.item(name), "bundled_actions": [bundle]})
        if int(request.url.params["version"]) != self.version:
            return httpx.Response(409, json={"errors": ["version conflict"]})
        self.write(name, {"approve_post.json": 1, "reject_post.json": 2}[parts[3]])
        return httpx.Response(200, json={"reviewable_perform_result": {"success": True}})


class Blogger(RecordedSite):
    """Source: https://developers.google.com/blogger/docs/3.0/reference/comments."""

    ids = ("7.11", "7.12", "7.13")
    settings = {
        "token": "REFRESH-SECRET",
        "client_secret": "CLIENT-SECRET",
        "options": {"blog": "99", "client_id": "id.apps"},
    }
    refusal = (403, {"error": {"code": 403, "errors": [{"reason": "forbidden"}]}})
    limit = (403, {"error": {"code": 403, "errors": [{"reason": "userRateLimitExceeded"}]}})

    def __init__(self):
        super().__init__()
        self.bodies = dict.fromkeys(self.ids, BODY)
        self.stands = dict.fromkeys(self.ids, "PENDING")
        self.access = 1

    def item(self, name):
        post, number = name.split(".")
        return {
            "kind": "blogger#comment",
            "status": self.stands[name],
            "id": number,
            "inReplyTo": {"id": "11"} if number == "12" else None,
            "post": {"id": post},
            "blog": {"id": "99"},
            "published": "2026-06-10T01:32:08-07:00",
            "content": f"{self.bodies[name]}<br />",
            "author": {"id": "7", "displayName": "Ann", "url": "", "image": {"url": ""}},
        }

    def answer(self, request):
        if request.url.host == "oauth2.googleapis.com":
            form = parse_qs(request.content.decode())
            assert (form["refresh_token"], form["client_secret"]) == (["REFRESH-SECRET"], ["CLIENT-SECRET"])
            return httpx.Response(200, json={"access_token": f"access-{self.access}", "expires_in": 3599})
        if request.headers["Authorization"] != f"Bearer access-{self.access}":
            return httpx.Response(401, json={"error": {"code": 401, "errors": [{"reason": "authError"}]}})
        parts = request.url.path.split("/")[5:]
        if parts == ["comments"]:
            held = [each for each in self.ids if self.stands[each] == "PENDING"]
            start = int(request.url.params.get("pageToken", "0"))
            page = {"kind": "blogger#commentList", "items": [self.item(each) for each in held[start : start + 2]]}
            return httpx.Response(200, json=page | ({"nextPageToken": str(start + 2)} if start + 2 < len(held) else {}))
        name = f"{parts[1]}.{parts[3]}"
        if name not in self.stands:
            return httpx.Response(404, json={"error": {"code": 404, "errors": [{"reason": "notFound"}]}})
        if request.method == "GET":
            return httpx.Response(200, json=self.item(name))
        self.write(name, {"approve": "LIVE", "spam": "SPAM", "removecontent": "EMPTIED"}[parts[4]])
        return httpx.Response(200, json=self.item(name))


class Example(RecordedSite):
    """Source: the docstring of tests/example_connector.py."""

    ids = ("1", "2", "3")
    settings = {"url": "https://example.example", "token": "TOKEN-SECRET"}
    refusal = (403, {})
    limit = (429, {})

    def __init__(self):
        super().__init__()
        self.stands = dict.fromkeys(self.ids, "waiting")

    def item(self, number):
        words = {"number": int(number), "words": BODY, "by": "Ann", "page": "https://news.example/bridge", "at_ms": 1}
        return words | {"state": self.stands[number]}

    def answer(self, request):
        assert request.headers["Authorization"] == "Bearer TOKEN-SECRET"
        if request.url.path == "/queue":
            return httpx.Response(200, json=[self.item(each) for each in self.ids if self.stands[each] == "waiting"])
        number = request.url.path.rsplit("/", 1)[1]
        if number not in self.stands:
            return httpx.Response(404)
        if request.method == "POST":
            self.write(number, json.loads(request.content)["state"])
        return httpx.Response(200, json=self.item(number))
