"""What may leave the library: figures by month, coarse and above a threshold, for the public and for other libraries.

They are made in one place (figures.py), so that the public's page and a summary for another library never say more
than each other. The table of products, which the library keeps for itself, is in analysis/kept_by_hand.py.
"""
