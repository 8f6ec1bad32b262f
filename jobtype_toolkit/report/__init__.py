"""The shift report: what is worse, new, stuck and waiting, from the questions, as HTML, Markdown, JSON and text."""
