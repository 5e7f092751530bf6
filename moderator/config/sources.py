"""`[sources.NAME]`: sites that comments are pulled from, and that decisions go back to."""

# pydantic reads annotations at run time: no `from __future__ import annotations` here.
import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictBool, StrictFloat, StrictInt

SOURCE_SECRETS = ("password", "token", "api_key", "client_secret")
"""Keys of a source that never stand in a file: each has a `*_file` beside it."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class SourceSection(BaseModel):
    """One site."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str = Field(min_length=1, max_length=40)
    url: str = ""
    username: str = ""
    password: SecretStr | None = None
    password_file: str = ""
    token: SecretStr | None = None
    token_file: str = ""
    api_key: SecretStr | None = None
    api_key_file: str = ""
    client_secret: SecretStr | None = None
    client_secret_file: str = ""
    pull_every_s: Annotated[StrictInt, Field(ge=10, le=86_400)] = 120
    deliver: StrictBool = True
    allow_addresses: tuple[str, ...] = ()
    plain_http: StrictBool = False
    reasons: dict[str, str] = {}
    options: dict[str, str | StrictInt | StrictFloat | StrictBool] = {}


def check_source_name(name: str) -> None:
    """Refuses a name that the environment couldn't say.

    Raises:
        ValueError: Not a-z, 0-9 and _, or longer than 40 characters.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("a source's name is a-z, 0-9 and _, starts with a letter, and has at most 40 characters")
