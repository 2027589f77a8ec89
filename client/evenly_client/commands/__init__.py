"""What the commands do, a module for each kind, so that a command imports only what it needs.

Each function returns an exit status; errors that a user can mend are raised (errors.py).
"""
