"""Its page: a folder a class, ESC clip id and letter."""

FILES: list[str] = []
COMPLETE = False
EXAMPLES = {
    "001 - Dog bark/1-30226-A.ogg": (None, None, None),
    "010 - Fire crackling/2-28314-A.ogg": (None, None, None),
}
