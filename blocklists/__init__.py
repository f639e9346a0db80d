"""Who is who on the web of libraries: products, services and the companies behind them.

Knowledge only. Nothing in here sees a request, and nothing in here imports another room of Carrel.
"""
