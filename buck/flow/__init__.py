"""The verbs: what a user asks for, strung together from the rooms below."""
