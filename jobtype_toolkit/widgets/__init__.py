"""What forms and boards are shown with: nodes, the messages that keep a page in step with them, and the widget."""
