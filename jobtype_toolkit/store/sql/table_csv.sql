SELECT *, row_number() OVER () AS __position
FROM read_csv(
    /*file*/, header = true, all_varchar = true, ignore_errors = true, store_rejects = true, rejects_table = 'csv_reject',
    rejects_scan = 'csv_scan', rejects_limit = 0
)
