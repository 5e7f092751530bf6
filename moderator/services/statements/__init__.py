"""Statements of reasons: what an author is told of a rejection, and what the EU's Transparency Database is told.

Source: Regulation (EU) 2022/2065 (Digital Services Act), Articles 17 and 24(5).
"""
