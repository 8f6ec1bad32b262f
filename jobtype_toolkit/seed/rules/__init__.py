"""The rules of validation, by what they speak of."""
