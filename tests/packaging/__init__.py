"""What is handed out: the wheel, the source, evenly.pyz, the manual page, completions, units."""
