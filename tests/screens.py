"""What stands on the screen of an app under Pilot, as text."""


def shown(app) -> str:
    """Every line of the terminal, without colours."""
    return "\n".join("".join(part.text for part in strip).rstrip() for strip in app.screen._compositor.render_strips())
