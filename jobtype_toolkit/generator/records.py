"""The catalogue as v6 answers it: job types, revisions and errors, with the manifests a v6 server would have stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobtype_toolkit.generator.catalog import iso

if TYPE_CHECKING:
    from jobtype_toolkit.generator.catalog import Catalog, JobType, Revision

REGISTRY = "registry.example.com/jobs"
BASE = (
    "id",
    "name",
    "version",
    "title",
    "description",
    "is_active",
    "is_system",
    "is_paused",
    "is_published",
    "icon_code",
    "unmet_resources",
)
# What a v6 server writes if an author leaves a key out.
DEFAULTS: dict[str, dict[str, Any]] = {
    "inputs.files": {"required": True, "mediaTypes": [], "multiple": False, "partial": False},
    "inputs.json": {"required": True},
    "outputs.files": {"mediaType": "application/octet-stream", "multiple": False, "required": True},
    "outputs.json": {"required": True},
    "mounts": {"mode": "ro"},
    "settings": {"secret": False},
}


def job_types(catalog: Catalog) -> list[dict[str, Any]]:
    """Every job type as the details service answers it, by id."""
    return [_details(kind, catalog) for kind in catalog.job_types]


def revisions(catalog: Catalog) -> list[dict[str, Any]]:
    """Every revision as the revision details service answers it, by id."""
    bodies = [
        {
            "id": revision.id,
            "job_type": {key: value for key, value in _details(kind, catalog).items() if key in BASE},
            "revision_num": revision.revision_num,
            "docker_image": docker_image(kind, revision),
            "created": iso(revision.created),
            "manifest": manifest(kind, revision),
        }
        for kind in catalog.job_types
        for revision in kind.revisions
    ]
    return sorted(bodies, key=lambda body: body["id"])


def errors(catalog: Catalog) -> list[dict[str, Any]]:
    """Every error as the errors service answers it, by id."""
    return [
        {
            "id": error.id,
            "name": error.name,
            "title": error.title,
            "description": error.description,
            "job_type_name": error.job_type_name,
            "category": error.category,
            "is_builtin": error.is_builtin,
            "should_be_retried": error.should_be_retried,
            "created": iso(error.created),
            "last_modified": iso(error.last_modified),
        }
        for error in catalog.errors
    ]


def docker_image(kind: JobType, revision: Revision) -> str:
    """The image of a revision, named as Seed names images."""
    return f"{REGISTRY}/{kind.name}-{kind.version}-seed:{package_version(revision)}"


def package_version(revision: Revision) -> str:
    """Every revision brings a new package of the same job version."""
    return f"1.0.{revision.revision_num - 1}"


def _details(kind: JobType, catalog: Catalog) -> dict[str, Any]:
    entry = kind.family.entry
    return {
        "id": kind.id,
        "name": kind.name,
        "version": kind.version,
        "title": entry["title"],
        "description": entry["description"],
        "is_active": kind.deprecated is None,
        "is_system": entry.get("is_system", False),
        "is_paused": kind.paused is not None,
        "is_published": entry.get("is_published", False),
        "icon_code": entry["icon_code"],
        "unmet_resources": kind.unmet_resources,
        "max_scheduled": entry.get("max_scheduled"),
        "max_tries": kind.family.max_tries,
        "revision_num": len(kind.revisions),
        "docker_image": docker_image(kind, kind.revisions[-1]),
        "created": iso(kind.created),
        "deprecated": iso(kind.deprecated),
        "paused": iso(kind.paused),
        "last_modified": iso(kind.last_modified),
        "manifest": manifest(kind, kind.revisions[-1]),
        "configuration": configuration(kind),
        "recipe_types": _recipe_types(kind, catalog) if kind.newest else [],
    }


def manifest(kind: JobType, revision: Revision) -> dict[str, Any]:
    """The Seed 1.0.0 manifest of a revision, normalised."""
    entry = kind.family.entry
    job: dict[str, Any] = {
        "name": kind.name,
        "jobVersion": kind.version,
        "packageVersion": package_version(revision),
        "title": entry["title"],
        "description": entry["description"],
        "maintainer": _maintainer(entry["maintainer"]),
        "timeout": entry["timeout"],
        "resources": {"scalar": [_resource(name, value) for name, value in entry["resources"].items()]},
        "interface": _interface(entry),
    }
    if "tags" in entry:
        job["tags"] = entry["tags"]
    if declared := kind.errors(revision.revision_num):
        keys = ("code", "name", "title", "description", "category")
        job["errors"] = [{key: error[key] for key in keys} for error in declared]
    return {"seedVersion": "1.0.0", "job": job}


def _maintainer(team: str) -> dict[str, str]:
    mailbox = team.lower().replace(" ", "-")
    return {"name": team, "email": f"{mailbox}@example.com", "organization": "Example Mapping Agency"}


def _resource(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        return {"name": name.lower(), "value": value[0], "inputMultiplier": value[1]}
    return {"name": name.lower(), "value": value}


def _interface(entry: dict[str, Any]) -> dict[str, Any]:
    interface: dict[str, Any] = {"command": entry["command"]}
    for side in ("inputs", "outputs"):
        if side in entry:
            interface[side] = {
                form: [{**DEFAULTS[f"{side}.{form}"], **item} for item in items] for form, items in entry[side].items()
            }
    for part in ("mounts", "settings"):
        if part in entry:
            interface[part] = [{**DEFAULTS[part], **item} for item in entry[part]]
    return interface


def configuration(kind: JobType) -> dict[str, Any]:
    """The configuration as it comes back: always these four keys, and never the value of a secret setting."""
    entry = kind.family.entry
    given = entry.get("configuration", {})
    workspaces = given.get("output_workspaces", {})
    return {
        "mounts": given.get("mounts", {}),
        "output_workspaces": {
            "default": "products" if "files" in entry.get("outputs", {}) else "",
            "outputs": workspaces.get("outputs", {}),
        },
        "priority": entry.get("priority", 100),
        "settings": given.get("settings", {}),
    }


def _recipe_types(kind: JobType, catalog: Catalog) -> list[dict[str, Any]]:
    wanted = kind.family.entry.get("recipe_types", [])
    return [
        {
            "id": recipe["id"],
            "name": recipe["name"],
            "title": recipe["title"],
            "description": recipe["description"],
            "revision_num": 1,
            "is_active": True,
            "is_system": False,
            "created": iso(recipe["created"]),
            "deprecated": None,
            "last_modified": iso(recipe["created"]),
        }
        for recipe in catalog.recipe_types
        if recipe["name"] in wanted
    ]
