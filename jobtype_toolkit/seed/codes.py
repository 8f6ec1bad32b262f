"""Every code that a finding can have: what it means, and who may refuse a document for it."""

from __future__ import annotations

from dataclasses import dataclass

from jobtype_toolkit.seed.findings import BEST_PRACTICE, SCALE, SCALE_CREATE, SCHEMA, SEED_CLI, SEED_CLI_STRICT


@dataclass(frozen=True, slots=True)
class Code:
    """A code. `rejected_by` holds every mark that one of its findings can carry, none for v6's own warnings."""

    name: str
    meaning: str
    rejected_by: tuple[str, ...] = ()


def _good_practice(name: str, meaning: str) -> Code:
    return Code(name, meaning, (BEST_PRACTICE,))


_ALL = (SCHEMA, SCALE, SEED_CLI)

MANIFEST_CODES = (
    Code("MALFORMED_JSON", "The text is not JSON, or not UTF-8.", _ALL),
    Code("JSON_VALIDATION_ERROR", "The manifest breaks its JSON Schema, or asks for a part of a GPU.", _ALL),
    Code("RESOURCES_WITHOUT_SCALAR", "Resources without a scalar list, on which a server fails.", (SCALE,)),
    Code(
        "NAME_COLLISION_ERROR",
        "Two items become the same environment variable, or one a reserved one.",
        (SCALE, SEED_CLI),
    ),
    Code("DUPLICATE_MOUNT_NAMES", "Two mounts have the same name.", (SCALE, SEED_CLI)),
    Code("DUPLICATE_ERROR_NAMES", "Two errors have the same name.", (SCALE, SEED_CLI)),
    Code("INVALID_MOUNT_PATH", "A mount path is not absolute.", (SCALE,)),
    Code("NONSTANDARD_RESOURCE", "A resource that few clusters offer."),
    Code("RESERVED_JOB_NAME", "The name of a service as the name of a job.", (SCALE_CREATE,)),
    _good_practice("SHADOWED_JOB_NAME", "A service in the place of the versions of a type with this name."),
    Code("UNSTORABLE_TEXT", "A text that no database can hold.", (SCALE_CREATE,)),
    Code("UNREACHABLE_VERSION", "A version that a server stores and then cannot address.", (SCALE_CREATE,)),
    Code("TOO_LONG", "More characters than the server's database takes.", (SCALE_CREATE,)),
    Code("NUMBER_OUT_OF_RANGE", "A number beyond 64 bits.", (SEED_CLI, SCALE_CREATE)),
    Code("SHARED_NAME", "Items of different sections share a name that only seed-cli minds.", (SEED_CLI,)),
    Code("RESERVED_NAME", "A name that only seed-cli reserves.", (SEED_CLI,)),
    Code("LINE_BREAK_AT_END", "A name or version that ends in a line break.", (SEED_CLI,)),
    Code("DUPLICATE_KEY", "A key occurs twice in an object; the later value counts.", (SEED_CLI, BEST_PRACTICE)),
    Code("NOT_NORMALIZED", "A name that is not as its environment variable is written.", (SEED_CLI_STRICT,)),
    _good_practice("RECOMMENDED_RESOURCES", "cpus, mem or disk are not declared."),
    _good_practice("UNDECLARED_VARIABLE", "The command uses a variable that nothing declares."),
    _good_practice("UNCLOSED_VARIABLE", "The command has a variable whose brace is not closed."),
    _good_practice("STANDARD_VARIABLE", "An input or a setting replaces a variable that programs rely on."),
    _good_practice("UNNORMALIZED_VARIABLE", "The command spells a variable in another way than it is set."),
    _good_practice("UNUSED_INPUT", "The command does not use an input."),
    _good_practice("SECRET_IN_COMMAND", "The command gives a secret setting a value in the open."),
    _good_practice("SECRET_SETTING", "A setting looks like a secret and is not marked as one."),
    _good_practice(
        "TIMEOUT_NOT_POSITIVE", "A timeout of 0, which sets no limit, or a negative one, which stops every run at once."
    ),
    _good_practice("NEGATIVE_RESOURCE", "A resource of less than nothing."),
    _good_practice("ERROR_CODE_ZERO", "The exit code of success as an error."),
    _good_practice("ERROR_CODE_RANGE", "An exit code that no process can have."),
    _good_practice("DUPLICATE_ERROR_CODE", "Two errors have the same exit code; a server keeps the last."),
    _good_practice("ERROR_WITHOUT_DESCRIPTION", "Several errors without a description."),
    _good_practice("MEDIA_TYPE_FORM", "A media type that is not of the form type/subtype."),
    _good_practice("REPEATED_MEDIA_TYPE", "A media type occurs twice in an input."),
    _good_practice("PATTERN_IS_REGEX", "An output pattern that is a regular expression, not a glob."),
    _good_practice("PATTERN_MATCHES_NOTHING", "An output pattern that no file can match."),
    _good_practice("PATTERN_UNBALANCED", "An output pattern with a bracket that is not closed."),
    _good_practice("PATTERN_WITHOUT_WILDCARD", "An output of several files whose pattern matches one only."),
    _good_practice("JSON_OUTPUT_WITHOUT_KEY", "A JSON output must be written under its very name."),
    _good_practice("MOUNT_PATH_DOTS", "A mount path that goes up with '..'."),
    _good_practice("SHARED_MOUNT_PATH", "Two mounts at the same path."),
    _good_practice("REPEATED_TAG", "A tag occurs twice."),
    _good_practice("EMPTY_TEXT", "A title, a description or a maintainer is empty."),
    _good_practice("PLACEHOLDER", "A text is still a placeholder."),
    _good_practice("IMAGE_NAME", "The image is called otherwise than name and version ask."),
    _good_practice("IMAGE_TAG", "The image's tag is not the package version."),
)
CONFIGURATION_CODES = (
    Code("INVALID_VERSION", "A configuration version that the server does not know.", (SCALE,)),
    Code("INVALID_CONFIGURATION", "The configuration breaks its JSON Schema.", (SCALE,)),
    Code("INVALID_SETTING", "A setting is null.", (SCALE,)),
    Code("INVALID_PRIORITY", "A priority below 1, in an edit.", (SCALE,)),
    Code("HOST_ABSOLUTE_PATH", "The host path of a mount is not absolute.", (SCALE,)),
    Code("INVALID_WORKSPACE", "A workspace that does not exist.", (SCALE,)),
    Code("MISSING_WORKSPACE", "A file output without a workspace, and no default.", (SCALE,)),
    Code("UNKNOWN_MOUNT", "A mount that the manifest does not have."),
    Code("MISSING_MOUNT", "A mount of the manifest is not configured."),
    Code("DEPRECATED_WORKSPACE", "A workspace that is no longer active."),
    Code("UNKNOWN_SETTING", "A setting that the manifest does not have."),
    Code("MISSING_SETTING", "A required setting has no value."),
    Code("WORKSPACES_NOT_CHECKED", "No workspaces are known here, so that none were checked."),
    _good_practice("UNKNOWN_OUTPUT", "A file output that the manifest does not have."),
    _good_practice("EMPTY_SETTING", "A setting is empty."),
    _good_practice("SECRET_IN_THE_OPEN", "The value of a secret setting stands in the document."),
)
WRITE_CODES = (
    Code("JOB_TYPE_EXISTS", "The name and version exist already, and nothing said to replace it.", (SCALE_CREATE,)),
    Code("JOB_TYPE_MISMATCH", "The manifest's name or version is not that of the edited type.", (SCALE_CREATE,)),
    Code("SYSTEM_JOB_TYPE", "System types can only be paused.", (SCALE_CREATE,)),
    Code("MANIFEST_UNKNOWN", "A configuration for a type whose manifest is not known.", (SCALE_CREATE,)),
    Code("NOT_IN_RELEASE", "A field that edits of this old release do not take.", (SCALE_CREATE,)),
    Code("SECRETS_LOST", "Some secret settings are given, and a server forgets the others.", (SCALE_CREATE,)),
    Code("REFUSED_BY_SERVER", "The server's validation refuses it, and tells no code.", (SCALE,)),
    Code("SERVER_DISAGREES", "The server's validation and the one here come to other verdicts."),
    Code("SERVER_DID_NOT_VALIDATE", "The server's validation could not be asked, or failed."),
    Code("DEPRECATED_RECIPES", "A server deactivates the recipe types that use the type."),
)
