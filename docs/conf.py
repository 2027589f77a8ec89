"""How the pages are built: `make docs`. Every warning is an error, a link or an anchor that leads nowhere included."""

from importlib.metadata import version as version_of

project = "Evenly"
version = release = version_of("evenly")
language = "en"

extensions = ["myst_parser"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"Evenly {version}"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_use_index = False
html_static_path = ["static"]
html_css_files = ["evenly.css"]
# Light and dark as the reader's system is; colours that have enough contrast in both.
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#24566b", "color-brand-content": "#24566b"},
    "dark_css_variables": {"color-brand-primary": "#7fb4ca", "color-brand-content": "#7fb4ca"},
}
