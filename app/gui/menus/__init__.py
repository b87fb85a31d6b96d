"""Menus, toolbar and shortcuts: the table of commands, and what is made of it."""
