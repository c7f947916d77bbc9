"""The OpenAPI 3.1 description, made from the endpoints' own declarations: what parses a request also describes it."""

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from web.http import Endpoint, Guard

REF = "#/components/schemas/{model}"

PROBLEM = {
    "type": "object",
    "required": ["status", "code", "title"],
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable, `slice.reason`."},
        "title": {"type": "string", "description": "What happened, in the person's language."},
        "request_id": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


SECURITY: dict[Guard, list[dict[str, list[str]]]] = {Guard.PUBLIC: [], Guard.MEDIA: [{"media": []}]}


class Description:
    """The document as text; made at the first question, since it takes a tenth of a second that few servers spend."""

    def __init__(self, endpoints: Sequence[Endpoint], *, version: str, public_url: str) -> None:
        self._endpoints = endpoints
        self._version = version
        self._public_url = public_url
        self._making = asyncio.Lock()
        self._text = ""

    async def text(self) -> str:
        """The JSON."""
        async with self._making:
            if not self._text:
                self._text = await asyncio.to_thread(self._make)
        return self._text

    def _make(self) -> str:
        document = describe(self._endpoints, version=self._version, public_url=self._public_url)
        return json.dumps(document, ensure_ascii=False)


DESCRIPTION: web.AppKey[Description] = web.AppKey("description", Description)


def describe(endpoints: Sequence[Endpoint], *, version: str, public_url: str) -> dict[str, Any]:
    """The whole document for the endpoints that are no pages; of WebDAV, whose methods it cannot name, it is silent."""
    api = [endpoint for endpoint in endpoints if not endpoint.page and endpoint.tag != "dav"]
    inputs: list[tuple[Any, str, TypeAdapter[Any]]] = []
    for endpoint in api:
        for role, model in (("body", endpoint.body), ("result", endpoint.result)):
            if model is not None:
                mode = "validation" if role == "body" else "serialization"
                inputs.append(((endpoint.name, role), mode, TypeAdapter(model)))
    generator = GenerateJsonSchema(by_alias=True, ref_template=REF)
    schemas, definitions = generator.generate_definitions(
        [(key, mode, adapter.core_schema) for key, mode, adapter in inputs]  # type: ignore[misc]  # key is our own
    )
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in api:
        path = re.sub(r"\{(\w+):[^}]*\}", r"{\1}", endpoint.path)
        operation = _operation(endpoint, schemas)  # type: ignore[arg-type]  # keyed by (key, mode)
        paths.setdefault(path, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hémicycle",
            "version": version,
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": public_url}],
        "paths": paths,
        "components": {
            "schemas": {**definitions, "Problem": PROBLEM},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A personal API token."},
                "media": {"type": "http", "scheme": "bearer", "description": "A media token of the meeting."},
                "application": {"type": "http", "scheme": "basic", "description": "Login and application password."},
            },
        },
    }


def _operation(endpoint: Endpoint, schemas: dict[tuple[Any, str], Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "parameters": [*_path_parameters(endpoint.path), *_query_parameters(endpoint.query)],
        "responses": {
            str(endpoint.status): {"description": "Done."},
            "default": {
                "description": "What went wrong.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
        "security": SECURITY.get(endpoint.guard, [{"token": []}, {"application": []}]),
    }
    if endpoint.body is not None:
        schema = schemas[(endpoint.name, "body"), "validation"]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    elif endpoint.raw:
        operation["requestBody"] = {"required": True, "content": {endpoint.takes: {}}}
    if endpoint.result is not None:
        schema = schemas[(endpoint.name, "result"), "serialization"]
        operation["responses"][str(endpoint.status)]["content"] = {"application/json": {"schema": schema}}
    if endpoint.gives:
        operation["responses"][str(endpoint.status)]["content"] = {endpoint.gives: {}}
    return operation


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)(?::[^}]*)?\}", path)
    ]


def _query_parameters(query: type[BaseModel] | None) -> list[dict[str, Any]]:
    if query is None:
        return []
    schema = query.model_json_schema(by_alias=True, ref_template=REF)
    required = schema.get("required", [])
    definitions = schema.get("$defs", {})
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _inline(value, definitions)}
        for name, value in schema.get("properties", {}).items()
    ]


def _inline(value: Any, definitions: dict[str, Any]) -> Any:
    """Query parameters carry their enums in place: they have no body to hang definitions on."""
    if isinstance(value, dict):
        reference = value.get("$ref")
        if reference:
            # What the field says of itself stands beside the reference and goes before what its type says.
            own = {key: item for key, item in value.items() if key != "$ref"}
            return {**_inline(definitions[reference.rsplit("/", 1)[1]], definitions), **own}
        return {key: _inline(item, definitions) for key, item in value.items()}
    if isinstance(value, list):
        return [_inline(item, definitions) for item in value]
    return value
