"""Settings of what an operator owes: statements of reasons, and a look at how good decisions are."""

# pydantic reads annotations at run time: no `from __future__ import annotations` here.
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt

_CATEGORY = r"^STATEMENT_CATEGORY_[A-Z_]{1,80}$"
_CATEGORIES = "a category of the EU Transparency Database: STATEMENT_CATEGORY_..."
_COUNTRY = r"^[A-Z]{2}$"


class _Duty(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StatementsSection(_Duty):
    """`[statements]`: what authors and the EU Transparency Database are told of a rejection."""

    templates: str = ""
    language: str = Field(default="en", pattern=r"^[a-z]{2,3}$", description="a language code such as en or de")
    site: str = ""
    terms_url: str = Field(default="", max_length=500)
    contact: str = ""
    dispute_body: str = ""
    territory: tuple[Annotated[str, Field(pattern=_COUNTRY, description="two capital letters such as DE")], ...] = ()
    visibility: str = Field(
        default="DECISION_VISIBILITY_CONTENT_REMOVED",
        pattern=r"^DECISION_VISIBILITY_CONTENT_[A-Z_]{1,40}$",
        description="a decision_visibility of the EU Transparency Database",
    )
    categories: dict[str, Annotated[str, Field(pattern=_CATEGORY, description=_CATEGORIES)]] = {}


class QualitySection(_Duty):
    """`[quality]`: second opinions."""

    double_share: Annotated[StrictFloat, Field(ge=0.0, le=1.0)] = 0.0
    smallest_group: Annotated[StrictInt, Field(ge=2, le=1000)] = 10
