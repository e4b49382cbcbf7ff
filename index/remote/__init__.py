"""Records and full texts from NCBI E-utilities, Europe PMC and Crossref, asked for by identifier.

Nothing here runs unless the user says ``fetch``. Sent are identifiers, the query the user typed, and, for
references without an identifier, their titles, years and first authors; never a question or a text.
"""
