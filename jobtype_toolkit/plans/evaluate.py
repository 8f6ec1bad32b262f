"""The evaluation of a request: the job type as a creation or an edit would leave it, and notes about that.

Nothing is read or written here. The rules are those of a v6 server (D14 to D26); if it silently ignores a change,
the notes say so, and a store applies it all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jobtype_toolkit.api.resources import JOB_TYPE
from jobtype_toolkit.hints import nearest
from jobtype_toolkit.plans.checks import CheckContext, check_request, kept_secrets
from jobtype_toolkit.plans.plan import Action
from jobtype_toolkit.plans.request import STORE, Capabilities, ChangeRequest, Current, text_of
from jobtype_toolkit.seed.differences import same
from jobtype_toolkit.seed.findings import SCALE, Validation
from jobtype_toolkit.seed.json.paths import get
from jobtype_toolkit.seed.normalize import (
    declared_settings,
    normalised_configuration,
    normalised_manifest,
    secret_settings,
    settings_of,
    undeclared_settings,
)
from jobtype_toolkit.seed.sections import SECTIONS, items
from jobtype_toolkit.seed.text import shown


@dataclass(slots=True)
class Evaluation:
    """What a request comes to."""

    action: Action
    before: dict[str, Any] | None
    after: dict[str, Any]
    validation: Validation = field(default_factory=Validation)
    auto_update: bool | None = None
    is_revised: bool = False
    second_step: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    not_applied: tuple[str, ...] = ()
    errors: list[dict[str, Any]] = field(default_factory=list)
    """The errors that the manifest defines."""
    secrets: tuple[str, ...] = ()
    """The settings whose values are shown nowhere."""
    kept: tuple[str, ...] = ()
    """The secret settings that a server keeps the values of."""
    keeps_configuration: bool = False
    """Whether the configuration stays as it is stored, also the settings of it that are not shown."""
    is_empty: bool = False
    """Whether it would leave everything as it is, values that are not shown too; a server would only note a new time of it."""


def evaluate(request: ChangeRequest, current: Current, rules: Capabilities = STORE) -> Evaluation:
    """Return what a request comes to, given what the backend holds and can do."""
    return _Evaluator(request, current, rules).evaluation()


class _Evaluator:
    """One judgement: `after` and the notes grow rule by rule."""

    def __init__(self, request: ChangeRequest, current: Current, rules: Capabilities) -> None:
        self.request = request
        self.current = current
        self.rules = rules
        self.manifest = request.document("manifest")
        self.configuration = request.document("configuration")
        self.notes: list[str] = []
        self.not_applied: list[str] = []
        self.is_system = bool(current.values and current.values["is_system"])
        self.undeclared: set[str] = set()
        self.secrets = self._secrets()
        self.before = self._before()
        self.after = dict(self.before) if self.before else self._blank()

    def evaluation(self) -> Evaluation:
        self._apply_scalars()
        self._apply_manifest()
        self._apply_configuration()
        self._tell()
        case = CheckContext(self.request, self.current, self.rules, self.before, self.after)
        validation = check_request(case)
        self._hide_settings_of(validation)
        is_revised = self.manifest is not None
        return Evaluation(
            action="create" if self.before is None else "edit" if self.request.is_edit else "replace",
            before=self.before,
            after=self.after,
            validation=validation,
            auto_update=self.request.changes.get("auto_update") is not False if is_revised else None,
            is_revised=is_revised,
            second_step=self._second_step(),
            notes=tuple(self.notes),
            not_applied=tuple(self.not_applied),
            errors=_errors(self.after["manifest"]) if is_revised and validation.is_valid else [],
            secrets=tuple(self.secrets),
            kept=tuple(sorted(kept_secrets(case))),
            keeps_configuration=self._keeps_configuration(),
            is_empty=self._is_empty(),
        )

    def _is_empty(self) -> bool:
        if self.before is None or self.manifest is not None:  # the same manifest makes a new revision, too (D16)
            return False
        given = {
            name: self.request.changes[name] for name in self.not_applied if name not in ("manifest", "configuration")
        }
        if any(value not in (None, "") for value in given.values()):
            return False  # a server may apply what others ignore
        if any(not same(was, self.after[name]) for name, was in self.before.items() if name != "configuration"):
            return False
        return self._keeps_configuration() or same(self.current.document("configuration"), self._written())

    def _written(self) -> Any:
        """Return the configuration that is written: a server gets the secrets too, and shows none, so that they always count."""
        if self.rules.is_server and self.configuration is not None:
            return normalised_configuration(self.configuration.value)
        return self.after["configuration"]

    def _keeps_configuration(self) -> bool:
        is_untouched = self.manifest is None and self.configuration is None
        return bool(is_untouched and self.before and self.after["configuration"] == self.before["configuration"])

    def _second_step(self) -> dict[str, Any]:
        """Return what v6 ignores on a creation (D15), and old releases refuse in a POST that edits."""
        if self.before and self.rules.is_before_7_0_1 and not self.request.is_edit:
            return {name: self.after[name] for name in _SECOND if self.after[name] != self.before[name]}
        requested = {"is_active": self.after["is_active"], "is_paused": self.after["is_paused"]}
        usual = {"is_active": True, "is_paused": False}
        return {name: value for name, value in requested.items() if self.before is None and value is not usual[name]}

    def _hide_settings_of(self, validation: Validation) -> None:
        """Show no setting beside a manifest that is none: nobody can say which of them are secret."""
        configuration = self.after["configuration"]
        is_broken = any(one.document == "manifest" and SCALE in one.rejected_by for one in validation.errors)
        if is_broken and self.configuration is not None and isinstance(configuration, dict):
            self.secrets |= set(settings_of(self.configuration.value))
            self.after["configuration"] = configuration | {"settings": {}}

    # What is there.

    def _before(self) -> dict[str, Any] | None:
        """Return the stored fields as plain values, without the settings that are secret from now on."""
        if self.current.values is None:
            return None
        values = dict(self.current.values)
        values["configuration"] = self._public(values["configuration"])
        return values

    def _blank(self) -> dict[str, Any]:
        """Return a job type of which only the name is known."""
        known = {"name": self.request.name, "version": self.request.version, "is_active": True, "is_system": False}
        return {
            **dict.fromkeys(JOB_TYPE.names),
            **known,
            "is_paused": False,
            "is_published": False,
            "max_tries": 3,
            "recipe_types": [],
        }

    def _secrets(self) -> set[str]:
        """Return the settings whose values are neither kept nor shown: secret ones, and those that are not declared."""
        old = self.current.document("manifest")
        new = self.manifest.value if self.manifest else old
        past = self.current.secrets | secret_settings(old)
        given = self.configuration.value if self.configuration else None
        for configuration in (given, self.current.document("configuration")):
            self.undeclared |= undeclared_settings(configuration, new)
        return secret_settings(new) | (past - declared_settings(new)) | self.undeclared

    def _public(self, configuration: Any) -> Any:
        """Return a configuration without the values of secret settings, and without settings of the wrong shape."""
        if not isinstance(configuration, dict):
            return None
        public = {name: text for name, text in settings_of(configuration).items() if name not in self.secrets}
        return configuration | ({"settings": public} if "settings" in configuration else {})

    # What is requested.

    def _apply_scalars(self) -> None:
        for name, value in self.request.changes.items():
            if name in ("manifest", "configuration", "auto_update") or name not in JOB_TYPE.names:
                continue
            if name == "max_scheduled":
                self._apply_limit(value)
            elif name == "icon_code":
                self._apply_icon(value or None)
            elif value in (None, ""):
                self._ignore(name)
            else:
                self._apply_flag(name, value)
        if self.before is None and self.after["docker_image"] is None:
            self.after["docker_image"] = ""

    def _apply_flag(self, name: str, value: Any) -> None:
        if name == "is_published" and value is False and self.after[name] and self.before:
            if self._is_refused(name, "a v6 server never switches it off (D20)"):
                return
        elif self.rules.is_before_7_0_1 and (name, value, self.after[name]) in _UNDOING:
            self._is_refused(name, f"Scale {self.rules.release} never makes it {str(value).lower()}")
            return
        self.after[name] = value

    def _is_refused(self, name: str, why: str) -> bool:
        """Note that a v6 server ignores a change, and return whether this backend does."""
        if not self.rules.is_server:
            self.notes.append(f"{name}: {why}; the store does")
            return False
        self.not_applied.append(name)
        self.notes.append(f"{name}: {why}, so it stays as it is")
        return True

    def _apply_limit(self, value: int | None) -> None:
        if not value and self.is_system:
            self._ignore("max_scheduled")
            return
        is_cleared = not value and self.after["max_scheduled"] is not None
        if is_cleared and self._is_refused("max_scheduled", "a v6 server never clears it (D21)"):
            return
        if value is not None and value < 0:
            self.notes.append("max_scheduled: with a negative number no job of the type is ever scheduled")
        self.after["max_scheduled"] = value or None

    def _apply_icon(self, value: str | None) -> None:
        if value is None and self.is_system:
            self._ignore("icon_code")
            return
        is_cleared = value is None and self.after["icon_code"] is not None
        if is_cleared and self._is_refused("icon_code", "a v6 server never clears it"):
            return
        self.after["icon_code"] = value

    def _ignore(self, name: str) -> None:
        if self.before is not None:
            self.not_applied.append(name)
            self.notes.append(f"{name}: nothing is given, so it stays as it is, as on a v6 server")

    def _apply_manifest(self) -> None:
        if self.manifest is None:
            if "manifest" in self.request.changes:
                self._ignore("manifest")
            if "auto_update" in self.request.changes:
                self.notes.append("auto_update: it has no effect without a manifest")
            return
        new = normalised_manifest(self.manifest.value)
        self.after |= {
            "manifest": new,
            "title": text_of(get(new, ("job", "title"))),
            "description": text_of(get(new, ("job", "description"))),
            "revision_num": self.current.revision_num + 1,
            "unmet_resources": None,
        }
        if self.before and self.before["manifest"] == new:
            self.notes.append("manifest: it is the present one; a new revision is made all the same (D16)")

    def _apply_configuration(self) -> None:
        given, is_requested = self.configuration, "configuration" in self.request.changes
        if given is None and is_requested and self.is_system:
            self._ignore("configuration")
        elif given is None and (is_requested or self.before is None):
            if self.before and self._is_refused("configuration", "a v6 server cannot be made to empty it"):
                return
            self.after["configuration"] = normalised_configuration({})
        elif given is not None and self.after["manifest"] is not None and isinstance(given.value, dict):
            self.after["configuration"] = self._public(normalised_configuration(given.value))
            dropped = sorted(self.secrets & set(settings_of(given.value)))
            secret = [name for name in dropped if name not in self.undeclared]
            if secret:
                self.notes.append(f"configuration: {_are(secret)} secret, {_SECRETS[self.rules.is_server]}")

    def _tell(self) -> None:
        """Add what else is worth a look."""
        stored, given = (
            settings_of(document)
            for document in (
                self.current.document("configuration"),
                self.configuration.value if self.configuration else None,
            )
        )
        for name in sorted(self.undeclared & {*stored, *given}):
            self.notes.append(self._undeclared(name))
        hidden = sorted((self.secrets - self.undeclared) & set(stored))
        if hidden:
            self.notes.append(
                f"configuration: {', '.join(map(shown, hidden))} becomes secret; {_HIDDEN[self.rules.is_server]}"
            )
        if self.current.is_inferred:
            self.notes.append("the job type's own record was never loaded; only what jobs say of it is known")
        if self.before and self.after["configuration"] is None and self.configuration is None:
            self.notes.append(
                "its configuration is not known here, so that it could not be checked against the manifest"
                if self.rules.is_server
                else "its configuration was never loaded, so that it could not be checked against the manifest"
            )
        if self.manifest is not None and self.before and not self.request.changes.get("docker_image"):
            image = shown(self.after["docker_image"]) if self.after["docker_image"] else "unknown"
            self.notes.append(f"docker_image: none is given with the manifest, so it stays {image}")
        if self.manifest is not None and self.request.changes.get("auto_update") is not False and self.before:
            used = [shown(str(one.get("name"))) for one in self.before["recipe_types"] or () if isinstance(one, dict)]
            if used:
                self.notes.append(f"auto_update: a server moves the recipe types {', '.join(used)} to the new revision")

    def _undeclared(self, name: str) -> str:
        """Say that the manifest has no such setting, and what is done with its value."""
        manifest = self.manifest.value if self.manifest else self.current.document("manifest")
        names = [one["name"] for _, one in items(manifest, SECTIONS["setting"]) if isinstance(one.get("name"), str)]
        meant = nearest(name, names)
        remedy = f". Did you mean {shown(meant)}?" if meant else ""
        is_kept = self.rules.is_server or self._keeps_configuration()
        what = "is not shown" if is_kept else "is neither shown nor kept"
        return f"configuration: the manifest has no setting {shown(name)}, so that its value {what}{remedy}"


_SECOND = ("is_active", "is_paused")
_UNDOING = (("is_active", False, True), ("is_paused", False, True))
"""What releases before 7.0.1 silently ignore: field, value, and what it would do."""
_SECRETS = {
    False: "so that the store keeps no value; a server moves it to its secrets store",
    True: "so that the server moves it to its secrets store and never shows it again",
}
_HIDDEN = {
    False: "the stored value goes",
    True: "the server shows no value of it any more. Give it in the configuration, so that it gets into the secrets store",
}


def _are(names: list[str]) -> str:
    return f"{', '.join(map(shown, names))} {'is' if len(names) == 1 else 'are'}"


def _errors(manifest: Any) -> list[dict[str, Any]]:
    """Return the errors of a manifest as v6 stores them; of a code that occurs twice the last one counts."""
    by_code = {one.get("code"): one for _, one in items(manifest, SECTIONS["error"])}
    return [
        {
            "name": one.get("name"),
            "title": one.get("title"),
            "description": one.get("description"),
            "category": "DATA" if one.get("category") == "data" else "ALGORITHM",
        }
        for one in by_code.values()
    ]
