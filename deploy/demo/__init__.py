"""`carrel demo`: a small world on this computer, a real browser in it, and what Carrel saw.

The world's web sites carry the names of well-known services, because that is what the lists know. They are all played
by `world.py` on loopback; no packet leaves the machine, and nothing here is a statement about the real services.
`run.py` is the way in.
"""
