"""How fast the product is, each work beside the shortest way by hand to the same result (`./crm bench`).

A timing is no test: nothing here fails a build. One module per subject has classes of `timing.Work`; `__main__` lists
the subjects, makes the data in a database of its own, and prints the table.
"""
