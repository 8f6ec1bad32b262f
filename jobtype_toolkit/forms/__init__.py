"""Forms for a notebook: write a manifest and a configuration, submit them, look through what there is.

`ManifestForm`, `ConfigurationForm`, `SubmitForm`, `JobTypeBrowser` are widgets; `author` shows the first three as steps.
"""
