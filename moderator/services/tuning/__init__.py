"""Thresholds that can be trusted: what the site's own history says of them, before anybody's queue changes.

Nothing in this room writes to the database. A change of policy is a change of the configuration, made by a person.
"""
