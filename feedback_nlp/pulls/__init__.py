"""Fetches feedback from places that do not push: App Store RSS and 兔小巢.

A puller yields what one page holds, entry by entry; each entry then goes the way of a push
(:func:`feedback_nlp.jobs.receive.receive`), so that pulling again, in any order, changes nothing
and an edited review replaces the old one.
"""
