"""The tables of Scale's own database that hold job history, and their columns that are read: the same in 6.0.0 to 7.2.2.

No other column is read, so a role needs SELECT on these alone. Scale's other tables and columns hold credentials in places:
`batch.definition`, `strike`, `workspace`, `oauth2_*`, `authtoken_token`, `auth_user`.
"""

from __future__ import annotations

from collections.abc import Mapping

from jobtype_toolkit.api.fields import Type

_BY_TYPE: Mapping[str, Mapping[Type, str]] = {
    "job": {
        "int": "id job_type_id job_type_rev_id error_id node_id num_exes max_tries superseded_job_id event_id ingest_event_id "
        "recipe_id batch_id",
        "text": "status source_sensor_class source_sensor source_collection source_task",
        "float": "input_file_size",
        "bool": "is_superseded",
        "time": "superseded created queued started ended last_status_change last_modified source_started source_ended",
        "json": "input",
    },
    "job_type": {
        "int": "id max_scheduled max_tries revision_num",
        "text": "name version icon_code unmet_resources docker_image",
        "bool": "is_active is_system is_paused is_published",
        "time": "created deprecated paused last_modified",
        "json": "manifest configuration",
    },
    "job_type_revision": {
        "int": "id job_type_id revision_num",
        "text": "docker_image",
        "time": "created",
        "json": "manifest",
    },
    "error": {
        "int": "id",
        "text": "name title description job_type_name category",
        "bool": "is_builtin should_be_retried",
        "time": "created last_modified",
    },
    "job_exe": {
        "int": "id job_id exe_num job_type_id node_id timeout",
        "text": "cluster_id",
        "float": "input_file_size",
        "time": "created queued started",
    },
    "job_exe_end": {"int": "job_exe_id error_id", "text": "status", "time": "ended"},
    "node": {"int": "id", "text": "hostname"},
    "trigger_event": {"int": "id", "text": "type", "time": "occurred"},
    "recipe": {"int": "id recipe_type_id"},
    "recipe_type": {
        "int": "id revision_num",
        "text": "name title description",
        "bool": "is_active is_system",
        "time": "created deprecated last_modified",
    },
    "recipe_type_job_link": {"int": "job_type_id recipe_type_id"},
    "batch": {"int": "id", "text": "title"},
    "scale_file": {"int": "id", "text": "file_name"},
}

TABLES: Mapping[str, Mapping[str, Type]] = {
    table: {name: kind for kind, names in columns.items() for name in names.split()}
    for table, columns in _BY_TYPE.items()
}
"""The tables by name, each with its columns and what they hold."""

OLD: Mapping[str, Mapping[str, Type]] = {"job_type": {"title": "text", "description": "text"}}
"""Columns that Scale 6 has and 7 does not."""
